import { join } from "node:path";
import { type Answer, MaxsimClient, type SearchParams, type WhyNotOptions } from "@maxsimd/client";
import { Index } from "@maxsimd/native";
import { corpus, QUICK, unitVectors } from "@maxsimd/native/testing";
import { type RunningServer, start } from "@maxsimd/server";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { useTemporaryFolder } from "./support/temporary-folder.js";

// The promise: a server explains the scores of a search, and why a document is missing, as the index itself does, whatever else it
// answers at the same time. The parameters that it names do bring the document.

const DIM = 32;
const ROWS = 6;
const QUERIES = 40;
const folder = useTemporaryFolder();
const data = corpus({ seed: 3, documents: 500, dim: DIM, types: 25, longest: 24 });
const vectors = unitVectors(QUERIES * ROWS, DIM, 8);
const queries = Array.from({ length: QUERIES }, (_, i) => ({
  data: vectors.subarray(i * ROWS * DIM, (i + 1) * ROWS * DIM),
  dim: DIM,
}));
const query = queries[0] as (typeof queries)[0];

interface Served {
  readonly index: Index;
  readonly server: RunningServer;
  readonly client: MaxsimClient;
}
const served: Partial<Record<"quantised" | "scanned", Served>> = {};

beforeAll(async () => {
  const attributes = Array.from({ length: 500 }, (_, i) => ({ id: `d${i}`, even: i % 2 === 0 }));
  for (const [name, build] of [["quantised", QUICK] as const, ["scanned", {}] as const]) {
    const options = { dim: DIM, attributes, output: join(folder.path, `${name}.maxsim`) };
    const index = await Index.buildFromArrays(data.vectors, data.tokenIds, data.doclens, { ...build, ...options });
    const server = await start({ index: options.output, port: 0, workers: 1, log: { level: "error" } });
    served[name] = { index, server, client: new MaxsimClient(server.dataAddress, { dtype: "f32" }) };
  }
});
afterAll(async () => {
  for (const { index, server, client } of Object.values(served)) {
    client.close();
    index.close();
    await server.drain();
  }
});

describe.each(["quantised", "scanned"] as const)("on an index that is %s", (name) => {
  const of = (): Served => served[name] as Served;

  it("a search explains its hits: one token for each query token, and shares that add up to the score", async () => {
    const { client, index } = of();
    const params: SearchParams = { k: 7, kCentroids: 4 };
    const [answers, plain] = await Promise.all([
      Promise.all(queries.map((each) => client.search(each, { ...params, explain: true }))),
      Promise.all(queries.map((each) => client.search(each, params))),
    ]);
    for (const [i, answer] of answers.entries()) {
      expect(answer.docIds).toEqual(plain[i]?.docIds);
      expect(plain[i]?.explanations).toEqual([]);
      const expected = await index.explain(queries[i]?.data as Float32Array, answer.docIds);
      expect(answer.explanations).toEqual(expected.map(({ tokens, similarities }) => ({ tokens, similarities })));
      expectShares(answer, 7);
    }
  });

  it("a search with a filter explains what it found, if anything", async () => {
    const { client } = of();
    const even = { equals: { field: "even", value: true } };
    expectShares(await client.search(query, { filter: even, explain: true, fields: "all" }), 10);
    const nothing = await client.search(query, { filter: { ids: ["nobody"] }, explain: true });
    expect([nothing.hits, nothing.explanations]).toEqual([[], []]);
  });

  it("a search that would explain too much is refused", async () => {
    const { client } = of();
    const tooMany = client.search(query, { k: 1001, explain: true });
    await expect(tooMany).rejects.toMatchObject({ code: "LIMIT_EXCEEDED", field: "params.k", got: "1001" });
    expect((await client.search(query, { k: 1001 })).hits).not.toEqual([]);
    const long = { data: unitVectors(1000, DIM, 5), dim: DIM };
    const tooLarge = client.search(long, { k: 400, explain: true });
    await expect(tooLarge).rejects.toMatchObject({ code: "LIMIT_EXCEEDED", got: "more" });
  });

  const tight = { k: 3, kCentroids: 2, kDocsToScore: 20, alpha: 0.2 };
  it.each<SearchParams>([tight, { k: 3, kCentroids: 20, alpha: null, beta: 1 }, { ...tight, alpha: null }])(
    "the change that whyNot names brings the document: %j",
    async (params) => {
      const { client, index } = of();
      const seen = new Set<string>();
      let withoutBeta = 0;
      for (let i = 0; i < 500; i += 9) {
        const { change, lost, indexVersion, ...numbers } = await client.whyNot(query, `d${i}`, params);
        const expected = await index.whyNot(query.data, `d${i}`, params as Parameters<Index["whyNot"]>[2]);
        expect({ lost, ...numbers }).toEqual({
          ...{ ...expected, change: undefined },
          lost: expected.lost.toUpperCase().replaceAll(/[ -]/g, "_"),
        });
        expect(indexVersion.digest).toBe(index.info.digest);
        seen.add(lost);
        withoutBeta += change?.beta === null ? 1 : 0;
        if (change === undefined) expect(["FOUND", "NO_TOKENS"]).toContain(lost);
        else expect((await client.search(query, { ...params, ...change })).ids).toContain(`d${i}`);
      }
      expect(seen.size).toBeGreaterThan(1);
      if (params.beta === 1) expect(withoutBeta).toBeGreaterThan(0);
    },
  );

  it("whyNot says what no parameter changes", async () => {
    const { client } = of();
    const lost = async (id: string, options?: WhyNotOptions) => (await client.whyNot(query, id, options)).lost;
    const empty = data.doclens.indexOf(0);
    const full = data.doclens.findIndex((length, i) => length > 0 && i % 2 === 1);
    expect(await lost("d500")).toBe("UNKNOWN");
    expect(await lost(`d${empty}`)).toBe("NO_TOKENS");
    expect(await lost(`d${full}`, { filter: { equals: { field: "even", value: true } } })).toBe("FILTERED");
    const { ids } = await client.search(query);
    expect(await client.whyNot(query, ids[2] as string)).toMatchObject({ lost: "FOUND", rank: 3 });
  });

  it("whyNot refuses what a search refuses, and an empty id", async () => {
    const { client } = of();
    const refusals: [string, WhyNotOptions, object][] = [
      ["", {}, { code: "INVALID_PARAMETER", field: "id" }],
      ["d1", { k: 0 }, { code: "INVALID_PARAMETER", field: "params.k" }],
      ["d1", { k: 20_000 }, { code: "LIMIT_EXCEEDED", field: "params.k" }],
      ["d1", { filter: { exists: { field: "odd" } } }, { code: "INVALID_FILTER", field: "odd" }],
      ["d1", { index: "films" }, { code: "UNKNOWN_INDEX" }],
    ];
    for (const [id, options, error] of refusals)
      await expect(client.whyNot(query, id, options)).rejects.toMatchObject(error);
    const narrow = { data: new Float32Array(8), dim: 8 };
    await expect(client.whyNot(narrow, "d1")).rejects.toMatchObject({ code: "DIM_MISMATCH" });
  });
});

describe("whyNot", () => {
  it("refuses more than the server answers at once, and searches go on meanwhile", async () => {
    const { server } = served.quantised as Served;
    const client = new MaxsimClient(server.dataAddress, { dtype: "f32", maxAttempts: 1 });
    const asked = await Promise.allSettled([
      ...Array.from({ length: 8 }, (_, i) => client.whyNot(query, `d${i}`)),
      client.search(query),
    ]);
    const refused = asked.filter(({ status }) => status === "rejected");
    expect(asked.at(-1)?.status).toBe("fulfilled");
    expect(refused.length).toBeGreaterThan(0);
    expect(refused.length).toBeLessThan(8);
    for (const each of refused) {
      const reason = { code: "OVERLOADED", expected: "at most 1 at once", retryAfterMs: expect.any(Number) };
      expect(each).toMatchObject({ reason });
    }
    client.close();
  });
});

function expectShares(answer: Answer, k: number): void {
  expect(answer.hits).toHaveLength(k);
  for (const { docId, score, explanation } of answer.hits) {
    expect(explanation?.tokens).toHaveLength(ROWS);
    expect(Math.max(...(explanation?.tokens ?? []))).toBeLessThan(data.doclens[docId] as number);
    expect(explanation?.similarities.reduce((sum, share) => sum + share, 0)).toBeCloseTo(score, 4);
  }
}
