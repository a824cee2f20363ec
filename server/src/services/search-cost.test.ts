import { ErrorCode, SearchService } from "@maxsimd/proto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { detailOf, errorOf, readAll } from "../../testing/raw-client.js";
import { serveCatalog, type TestServer, tensor } from "../../testing/test-server.js";
import { type Limits, limitsSchema } from "../config/limits.js";
import type { EngineIndex } from "../engine/query.js";
import { type CostedSearch, estimateMicros } from "./search-cost.js";
import { checkParams } from "./search-params.js";

// The promise: no query keeps a worker long. What one costs is estimated from its rows, its parameters and the index, and refused above a
// limit, whichever way it comes. Counts have ceilings.

const { search, searchBatch, searchStream, whyNot } = SearchService.method;

/** The Debian corpus, of which the measurements are. */
const DEBIAN = { documents: 60_594, tokens: 4_067_181, centroids: 38_361, dim: 128 };

function milliseconds(rows: number, params: CostedSearch["params"] = {}, more: Partial<CostedSearch> = {}): number {
  return estimateMicros({ index: DEBIAN, params, explain: false, ...more }, rows) / 1000;
}

describe("the estimate", () => {
  it.each([
    ["32 rows", 32, {}, 3.1],
    ["1,024 rows", 1024, {}, 150],
    ["k of 10,000", 32, { k: 10_000 }, 127],
    ["k of 1,000", 300, { k: 1000 }, 225],
    ["many centroids", 32, { kCentroids: 1000 }, 33],
    ["all lists", 32, { kCentroids: 38_361, efSearch: 38_361 }, 307],
    ["a wide beam", 300, { efSearch: 5000 }, 147],
    ["many candidates", 300, { kDocsToScore: 2000, alpha: null }, 93],
  ] as const)("is within a half of what was measured: %s", (_, rows, params, measured) => {
    expect(milliseconds(rows, params)).toBeGreaterThan(measured / 1.5);
    expect(milliseconds(rows, params)).toBeLessThan(measured * 1.75);
  });

  it("lets pass what the defaults ask for, and refuses the most that the counts allow", () => {
    const { searchMs, kCentroids, kDocsToScore, efSearch, k } = limitsSchema.parse({});
    expect(milliseconds(1024)).toBeLessThan(searchMs);
    expect(milliseconds(32, { k: 10_000 })).toBeLessThan(searchMs);
    expect(milliseconds(32, { k, kCentroids, kDocsToScore, efSearch })).toBeGreaterThan(searchMs);
  });

  it("grows with the dimensions, with an explanation, and over an index that is scanned", () => {
    expect(milliseconds(32, {}, { index: { ...DEBIAN, dim: 256 } })).toBeCloseTo(2 * milliseconds(32));
    expect(milliseconds(32, { k: 1000 }, { explain: true })).toBeGreaterThan(1.3 * milliseconds(32, { k: 1000 }));
    const exact = { ...DEBIAN, centroids: 0 };
    expect(milliseconds(32, {}, { index: exact })).toBeGreaterThan(100);
    const walked = { ...DEBIAN, centroids: 300_000 };
    expect(milliseconds(32, { efSearch: 5000 }, { index: walked })).toBeGreaterThan(200);
  });
});

describe("checkParams", () => {
  const limits = limitsSchema.parse({});
  const wire = { $typeName: "maxsimd.v1.SearchParams" } as const;

  it.each([
    ["kCentroids", "k_centroids"],
    ["kDocsToScore", "k_docs_to_score"],
    ["efSearch", "ef_search"],
  ] as const)("refuses %s above its limit, unless the index has fewer", (name, field) => {
    const over = (limits as Limits)[name] + 1;
    const large = { ...DEBIAN, documents: 1_000_000, centroids: 1_000_000 } as EngineIndex;
    expect(() => checkParams({ ...wire, [name]: over }, large, limits)).toThrow(
      expect.objectContaining({
        code: ErrorCode.LIMIT_EXCEEDED,
        field: `params.${field}`,
        expected: `1 to ${over - 1}`,
        got: String(over),
      }),
    );
    const small = { ...DEBIAN, documents: 1000, centroids: 1000 } as EngineIndex;
    expect(checkParams({ ...wire, [name]: over }, small, limits).params).toEqual({ [name]: 1000 });
  });
});

describe("a query above the limit", () => {
  let server: TestServer;
  beforeAll(async () => {
    // 40,000 tokens are scanned: 1,024 rows are estimated at 41 ms, 32 at 1.3.
    const shape = { documents: 400, tokensPerDocument: 100, dim: 32 };
    server = await serveCatalog({ v1: shape }, { limits: { searchMs: 10 } });
  });
  afterAll(() => server.stop());

  const refusal = {
    code: ErrorCode.LIMIT_EXCEEDED,
    field: "params",
    expected: "an estimate of at most 10 ms (searchMs)",
    got: "41 ms for 1024 rows",
  };
  const large = tensor(1024, 1, 32);

  it("is refused by Search and WhyNot", async () => {
    const { client } = server;
    expect(detailOf(await errorOf(client.unary(search, { query: large })))).toMatchObject(refusal);
    expect(detailOf(await errorOf(client.unary(whyNot, { query: large, id: "1" })))).toMatchObject(refusal);
    expect((await client.unary(search, { query: tensor(32, 1, 32) })).hits?.docIds).toHaveLength(10);
  });

  it("is refused with what its explanation costs", async () => {
    const query = tensor(200, 1, 32);
    const params = { k: 400 };
    expect((await server.client.unary(search, { query, params })).hits?.docIds).toHaveLength(400);
    const error = await errorOf(server.client.unary(search, { query, params, explain: true }));
    expect(detailOf(error)?.code).toBe(ErrorCode.LIMIT_EXCEEDED);
  });

  it("is an error in its place in a batch and a stream, whose other queries are answered", async () => {
    const queries = { tokens: tensor(1024 + 2, 1, 32), rowCounts: [1024, 2] };
    const stream = server.client.bidi(searchStream);
    stream.write({ queryIds: [0n, 1n], queries });
    stream.end();
    for (const call of [server.client.serverStream(searchBatch, { queries }), stream]) {
      const { messages } = await readAll(call as typeof stream);
      const outcomes = messages.flatMap(({ outcomes }) => outcomes).toSorted((a, b) => Number(a.queryId - b.queryId));
      expect(outcomes.map(({ outcome }) => outcome.case)).toEqual(["error", "hits"]);
      expect(outcomes[0]?.outcome.value).toMatchObject(refusal);
    }
  });
});
