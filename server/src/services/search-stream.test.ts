import { join } from "node:path";
import { status as GrpcCode } from "@grpc/grpc-js";
import { Index } from "@maxsimd/native";
import { unitVectors } from "@maxsimd/native/testing";
import {
  AdminService,
  Dtype,
  ErrorCode,
  type QueryOutcome,
  SearchService,
  type SearchStreamResponse,
} from "@maxsimd/proto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { detailOf, readAll } from "../../testing/raw-client.js";
import { SMALL } from "../../testing/sample-index.js";
import { serveCatalog, type TestServer, tensor } from "../../testing/test-server.js";

const { searchStream } = SearchService.method;

let served: TestServer;
beforeAll(async () => {
  served = await serveCatalog({ v1: {} });
});
afterAll(() => served.stop());

type Message = Exclude<Parameters<ReturnType<typeof served.client.bidi<typeof searchStream>>["write"]>[0], Buffer>;

/** Sends messages on one stream, ends it, and returns every outcome by id. */
async function stream(
  messages: readonly Message[],
): Promise<{ outcomes: Map<bigint, QueryOutcome["outcome"]>; responses: SearchStreamResponse[]; code: number }> {
  const call = served.client.bidi(searchStream);
  const all = readAll<SearchStreamResponse>(call as never);
  for (const message of messages) {
    call.write(message);
  }
  call.end();
  const { messages: responses, status } = await all;
  const outcomes = new Map<bigint, QueryOutcome["outcome"]>();
  for (const { queryId, outcome } of responses.flatMap((response) => response.outcomes)) {
    expect(outcomes.has(queryId)).toBe(false);
    outcomes.set(queryId, outcome);
  }
  return { outcomes, responses, code: status.code };
}

function codeOf(outcome: QueryOutcome["outcome"] | undefined): ErrorCode | undefined {
  return outcome?.case === "error" ? outcome.value.code : undefined;
}

describe("SearchStream", () => {
  it("answers each query of each message once, by the caller's ids, as the index itself does", async () => {
    const rows = [3, 1, 4, 1, 5, 9, 2, 6];
    const messages = Array.from({ length: 50 }, (_, i) => ({
      queryIds: rows.map((_, j) => BigInt(i * 100 + j)),
      queries: { tokens: tensor(31, i), rowCounts: rows },
    }));
    const { outcomes, responses, code } = await stream(messages);
    expect(code).toBe(GrpcCode.OK);
    expect(outcomes.size).toBe(400);
    expect(responses.every(({ indexVersion }) => indexVersion?.version === "v1")).toBe(true);
    const index = await Index.load(join(served.root, "books", "v1.maxsim"));
    const offsets = BigUint64Array.from([0n, 3n, 4n, 8n, 9n, 14n, 23n, 25n, 31n]);
    const expected = await index.batchSearch(unitVectors(31, SMALL.dim, 7), 8, { offsets, numThreads: 1 });
    for (const j of rows.keys()) {
      const outcome = outcomes.get(BigInt(700 + j));
      expect(outcome?.case === "hits" && outcome.value.docIds).toEqual([
        ...expected.docIds.subarray(j * 10, j * 10 + 10),
      ]);
    }
    index.close();
  });

  it("keeps the index and parameters of a message for those after it, until one sets them again", async () => {
    const query = { tokens: tensor(2, 1), rowCounts: [2] };
    const { outcomes } = await stream([
      { index: { index: "books" }, params: { k: 3 } },
      { queryIds: [1n], queries: query },
      { queryIds: [2n], queries: query, params: { k: 5 } },
      { queryIds: [3n], queries: query, params: {} },
      { queryIds: [4n], queries: query, index: { index: "films" } },
      { queryIds: [5n], queries: query },
      { queryIds: [6n], queries: query, index: { index: "books", version: "v1" } },
    ]);
    const lengths = [1n, 2n, 3n, 6n].map((id) => {
      const outcome = outcomes.get(id);
      return outcome?.case === "hits" ? outcome.value.docIds.length : undefined;
    });
    expect(lengths).toEqual([3, 5, 10, 10]);
    expect([4n, 5n].map((id) => codeOf(outcomes.get(id)))).toEqual([ErrorCode.UNKNOWN_INDEX, ErrorCode.UNKNOWN_INDEX]);
  });

  it("answers each message from the version it pins, and never two versions in one response", async () => {
    const two = await serveCatalog({ v1: {}, v2: { seed: 2 } });
    await two.admin.unary(AdminService.method.loadIndex, { index: "books", version: "v2" });
    const call = two.client.bidi(searchStream);
    const all = readAll<SearchStreamResponse>(call as never);
    for (let id = 0; id < 400; id++) {
      const version = id % 2 === 0 ? "v1" : "v2";
      call.write({ index: { version }, queryIds: [BigInt(id)], queries: { tokens: tensor(2, 1), rowCounts: [2] } });
    }
    call.end();
    const { messages } = await all;
    const answered = messages.flatMap(({ indexVersion, outcomes }) =>
      outcomes.map(({ queryId }) => [Number(queryId) % 2, indexVersion?.version]),
    );
    expect(answered).toHaveLength(400);
    expect(new Set(answered.map(String))).toEqual(new Set(["0,v1", "1,v2"]));
    await two.stop();
  });

  it("makes a query that fails an error for its id alone, and goes on", async () => {
    const data = unitVectors(9, SMALL.dim, 1);
    data[4 * SMALL.dim] = Number.NaN;
    const bad = { dtype: Dtype.F32, dim: SMALL.dim, rows: 9, data: new Uint8Array(data.buffer) };
    const { outcomes, code } = await stream([
      { queryIds: [1n, 2n, 3n, 4n], queries: { tokens: bad, rowCounts: [3, 3, 0, 3] } },
      { queryIds: [5n], queries: { tokens: tensor(2, 1), rowCounts: [2] } },
    ]);
    expect(code).toBe(GrpcCode.OK);
    expect([1n, 2n, 3n, 4n, 5n].map((id) => codeOf(outcomes.get(id)))).toEqual([
      undefined,
      ErrorCode.NON_FINITE,
      ErrorCode.EMPTY_QUERY,
      undefined,
      undefined,
    ]);
  });

  it("makes a message that fails an error for each id it names, and goes on", async () => {
    const { outcomes, code } = await stream([
      { queryIds: [1n, 2n], queries: { tokens: tensor(5, 1), rowCounts: [2, 2] } },
      { queryIds: [3n, 4n, 5n], queries: { tokens: tensor(4, 1), rowCounts: [2, 2] } },
      { queryIds: [6n], queries: { tokens: tensor(2, 1, 17), rowCounts: [2] } },
      { queryIds: [7n] },
      { queryIds: [8n], queries: { tokens: tensor(2, 1), rowCounts: [2] }, params: { k: 0 } },
      { queryIds: [9n], queries: { tokens: tensor(2, 1), rowCounts: [2] }, index: { version: "v9" }, params: {} },
      { queryIds: [10n], queries: { tokens: tensor(2, 1), rowCounts: [2] }, index: {} },
    ]);
    expect(code).toBe(GrpcCode.OK);
    expect([...outcomes].sort(([a], [b]) => Number(a - b)).map(([, outcome]) => codeOf(outcome))).toEqual([
      ErrorCode.SHAPE_MISMATCH,
      ErrorCode.SHAPE_MISMATCH,
      ErrorCode.SHAPE_MISMATCH,
      ErrorCode.SHAPE_MISMATCH,
      ErrorCode.SHAPE_MISMATCH,
      ErrorCode.DIM_MISMATCH,
      ErrorCode.EMPTY_QUERY,
      ErrorCode.INVALID_PARAMETER,
      ErrorCode.UNKNOWN_VERSION,
      undefined,
    ]);
  });

  it("ends when queries come without ids, for there is nothing to answer to", async () => {
    const call = served.client.bidi(searchStream);
    call.write({ queries: { tokens: tensor(2, 1), rowCounts: [2] } });
    const { status } = await readAll(call as never);
    expect(detailOf(status)).toMatchObject({ code: ErrorCode.SHAPE_MISMATCH, expected: "1 ids", got: "0" });
  });

  it("answers messages of the largest size that the limits allow", async () => {
    const ids = Array.from({ length: 1024 }, (_, i) => BigInt(i));
    const queries = { tokens: tensor(1024, 1), rowCounts: new Array<number>(1024).fill(1) };
    const { outcomes } = await stream([{ queryIds: ids, queries, params: { k: 10_000 } }]);
    expect(outcomes.size).toBe(1024);
    const over = { tokens: tensor(1025, 1), rowCounts: new Array<number>(1025).fill(1) };
    const { outcomes: refused } = await stream([{ queryIds: [...ids, 1024n], queries: over }]);
    expect(new Set([...refused.values()].map(codeOf))).toEqual(new Set([ErrorCode.LIMIT_EXCEEDED]));
  });

  it("packs outcomes into responses of up to 64 KiB", async () => {
    const large = await serveCatalog({ v1: { documents: 2000, tokensPerDocument: 2 } });
    const call = large.client.bidi(searchStream);
    const all = readAll<SearchStreamResponse>(call as never);
    const rowCounts = new Array<number>(100).fill(1);
    const queryIds = rowCounts.map((_, i) => BigInt(i));
    call.write({ queryIds, queries: { tokens: tensor(100, 1), rowCounts }, params: { k: 2000 } });
    call.end();
    const { messages } = await all;
    // One outcome takes 23 KB: 2,000 positions, scores and ids of 2, 4 and 5.4 bytes.
    expect(messages.flatMap(({ outcomes }) => outcomes)).toHaveLength(100);
    expect(Math.max(...messages.map(({ outcomes }) => outcomes.length))).toBe(2);
    await large.stop();
  });
});
