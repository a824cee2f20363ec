import { status as GrpcCode } from "@grpc/grpc-js";
import { ErrorCode, type SearchBatchResponse, SearchService } from "@maxsimd/proto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { detailOf, readAll } from "../../testing/raw-client.js";
import { serveCatalog, type TestServer, tensor } from "../../testing/test-server.js";

const { searchBatch, search } = SearchService.method;

let served: TestServer;
beforeAll(async () => {
  served = await serveCatalog({ v1: {} });
});
afterAll(() => served.stop());

async function batch(request: Parameters<typeof served.client.serverStream<typeof searchBatch>>[1]): Promise<{
  messages: SearchBatchResponse[];
  status: Awaited<ReturnType<typeof readAll>>["status"];
}> {
  return readAll<SearchBatchResponse>(served.client.serverStream(searchBatch, request));
}

describe("SearchBatch", () => {
  it("answers each query by its position, as Search does, from one version", async () => {
    const counts = Array.from({ length: 300 }, (_, i) => 1 + (i % 4));
    const rows = counts.reduce((sum, count) => sum + count, 0);
    const { messages, status } = await batch({
      queries: { tokens: tensor(rows, 3), rowCounts: counts },
      params: { k: 4 },
    });
    expect(status.code).toBe(GrpcCode.OK);
    const outcomes = messages.flatMap((message) => message.outcomes);
    expect(outcomes.map(({ queryId }) => Number(queryId)).sort((a, b) => a - b)).toEqual([...counts.keys()]);
    expect(new Set(messages.map(({ indexVersion }) => indexVersion?.digest)).size).toBe(1);
    // Query 0 has the first row alone.
    const whole = tensor(rows, 3);
    const first = { ...whole, rows: 1, data: (whole.data as Uint8Array).subarray(0, 64) };
    const alone = await served.client.unary(search, { query: first, params: { k: 4 } });
    const same = outcomes.find(({ queryId }) => queryId === 0n)?.outcome;
    expect(same?.case === "hits" && same.value.docIds).toEqual(alone.hits?.docIds);
  });

  it("makes a query that fails its outcome, and answers the others", async () => {
    const { messages, status } = await batch({ queries: { tokens: tensor(3, 1), rowCounts: [1, 0, 2] } });
    expect(status.code).toBe(GrpcCode.OK);
    const failed = messages.flatMap(({ outcomes }) => outcomes).filter(({ outcome }) => outcome.case === "error");
    expect(failed).toMatchObject([{ queryId: 1n, outcome: { value: { code: ErrorCode.EMPTY_QUERY } } }]);
  });

  it.each([
    ["no queries", {}, ErrorCode.EMPTY_QUERY],
    [
      "row counts that do not add up",
      { queries: { tokens: tensor(3, 1), rowCounts: [1, 1] } },
      ErrorCode.SHAPE_MISMATCH,
    ],
    ["another dim", { queries: { tokens: tensor(3, 1, 8), rowCounts: [3] } }, ErrorCode.DIM_MISMATCH],
    [
      "too many queries",
      { queries: { tokens: tensor(1025, 1), rowCounts: Array(1025).fill(1) } },
      ErrorCode.LIMIT_EXCEEDED,
    ],
    [
      "an unknown index",
      { index: { index: "x" }, queries: { tokens: tensor(1, 1), rowCounts: [1] } },
      ErrorCode.UNKNOWN_INDEX,
    ],
    ["k = 0", { params: { k: 0 }, queries: { tokens: tensor(1, 1), rowCounts: [1] } }, ErrorCode.INVALID_PARAMETER],
  ])("fails the call for %s", async (_what, request, code) => {
    const { messages, status } = await batch(request);
    expect(messages).toEqual([]);
    expect(detailOf(status)?.code).toBe(code);
  });
});
