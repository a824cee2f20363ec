import { join } from "node:path";
import { type Answer, MaxsimClient, type SearchParams } from "@maxsimd/client";
import { Index } from "@maxsimd/native";
import { corpus, QUICK, unitVectors } from "@maxsimd/native/testing";
import { type RunningServer, start } from "@maxsimd/server";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { useTemporaryFolder } from "./support/temporary-folder.js";

// The promise: a server explains the scores of a search as the index itself does, whatever else it answers at the same time.

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

  it("a query that is not finite fails, and those beside it are explained", async () => {
    const { client } = of();
    const broken = { data: query.data.map((value, i) => (i === 40 ? Number.NaN : value)), dim: DIM };
    const asked = [query, broken, query, query].map((each) => client.search(each, { explain: true }));
    const [first, failed, ...rest] = await Promise.allSettled(asked);
    expect(failed).toMatchObject({ status: "rejected", reason: { code: "NON_FINITE" } });
    for (const each of [first, ...rest]) expectShares((each as PromiseFulfilledResult<Answer>).value, 10);
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
