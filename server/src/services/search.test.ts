import { join } from "node:path";
import { status as GrpcCode } from "@grpc/grpc-js";
import { Index } from "@maxsimd/native";
import { unitVectors } from "@maxsimd/native/testing";
import { Dtype, ErrorCode, SearchService } from "@maxsimd/proto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { detailOf, errorOf } from "../../testing/raw-client.js";
import { queryBytes, SMALL } from "../../testing/sample-index.js";
import { serveCatalog, type TestServer, tensor } from "../../testing/test-server.js";

const { search } = SearchService.method;

let it_: TestServer;
beforeAll(async () => {
  it_ = await serveCatalog({ v1: {}, v2: { seed: 2 } });
});
afterAll(() => it_.stop());

type Request = Parameters<typeof it_.client.unary<typeof search>>[1];

describe("Search", () => {
  it("answers what the index itself answers, and names the version", async () => {
    const index = await Index.load(join(it_.root, "books", "v1.maxsim"));
    const expected = await index.search(unitVectors(5, SMALL.dim, 9), { k: 7 });
    const response = await it_.client.unary(search, { query: tensor(5, 9), params: { k: 7 } });
    expect(response.hits?.docIds).toEqual([...expected.docIds]);
    expect(response.hits?.scores).toEqual([...expected.scores]);
    expect(response.indexVersion).toMatchObject({ index: "books", version: "v1", digest: index.info.digest });
    expect(response.timing?.searchUs).toBeGreaterThan(0);
    index.close();
  });

  it("returns no more than there is", async () => {
    const response = await it_.client.unary(search, { query: tensor(2, 9), params: { k: 10_000 } });
    expect(response.hits?.docIds).toHaveLength(SMALL.documents);
  });

  it("takes f16 as well", async () => {
    const data = new Uint8Array(2 * SMALL.dim * 2).fill(0x3c);
    const query = { dtype: Dtype.F16, dim: SMALL.dim, rows: 2, data };
    expect((await it_.client.unary(search, { query })).hits?.docIds).toHaveLength(10);
  });

  const good = tensor(3, 1);
  const notFinite = new Float32Array(3 * SMALL.dim).fill(Number.NaN);
  const tooLarge = new Float32Array(3 * SMALL.dim);
  tooLarge[2 * SMALL.dim + 1] = -3.4e38;
  it.each<[string, Request, ErrorCode, number, object]>([
    ["no query", {}, ErrorCode.EMPTY_QUERY, GrpcCode.INVALID_ARGUMENT, { field: "query" }],
    [
      "an unset dtype",
      { query: { ...good, dtype: Dtype.UNSPECIFIED } },
      ErrorCode.INVALID_DTYPE,
      GrpcCode.INVALID_ARGUMENT,
      { got: "0" },
    ],
    [
      "an unknown dtype",
      { query: { ...good, dtype: 7 as Dtype } },
      ErrorCode.INVALID_DTYPE,
      GrpcCode.INVALID_ARGUMENT,
      { field: "query.dtype", got: "7" },
    ],
    [
      "another dim",
      { query: { ...good, dim: 17 } },
      ErrorCode.DIM_MISMATCH,
      GrpcCode.INVALID_ARGUMENT,
      { expected: "16", got: "17" },
    ],
    [
      "too few bytes",
      { query: { ...good, rows: 4 } },
      ErrorCode.SHAPE_MISMATCH,
      GrpcCode.INVALID_ARGUMENT,
      { expected: "256 bytes (4 rows * 16 * 4)", got: "192 bytes" },
    ],
    [
      "rows that would overflow",
      { query: { ...good, rows: 2 ** 32 - 1 } },
      ErrorCode.SHAPE_MISMATCH,
      GrpcCode.INVALID_ARGUMENT,
      { got: "192 bytes" },
    ],
    [
      "no rows",
      { query: { ...good, rows: 0, data: new Uint8Array() } },
      ErrorCode.EMPTY_QUERY,
      GrpcCode.INVALID_ARGUMENT,
      { got: "0" },
    ],
    [
      "too many rows",
      { query: tensor(1025, 1) },
      ErrorCode.LIMIT_EXCEEDED,
      GrpcCode.RESOURCE_EXHAUSTED,
      { expected: "1 to 1024 rows", got: "1025" },
    ],
    [
      "NaN",
      { query: { ...good, data: new Uint8Array(notFinite.buffer) } },
      ErrorCode.NON_FINITE,
      GrpcCode.INVALID_ARGUMENT,
      { field: "query.data", got: "NaN in row 0, column 0" },
    ],
    [
      "a finite number with which scores would overflow",
      { query: { ...good, data: new Uint8Array(tooLarge.buffer) } },
      ErrorCode.NON_FINITE,
      GrpcCode.INVALID_ARGUMENT,
      { expected: "numbers from -65504 to 65504", got: `${Math.fround(-3.4e38)} in row 2, column 1` },
    ],
    [
      "k = 0",
      { query: good, params: { k: 0 } },
      ErrorCode.INVALID_PARAMETER,
      GrpcCode.INVALID_ARGUMENT,
      { field: "params.k", got: "0" },
    ],
    [
      "k over the limit",
      { query: good, params: { k: 10_001 } },
      ErrorCode.LIMIT_EXCEEDED,
      GrpcCode.RESOURCE_EXHAUSTED,
      { expected: "1 to 10000", got: "10001" },
    ],
    [
      "k_centroids = 0",
      { query: good, params: { kCentroids: 0 } },
      ErrorCode.INVALID_PARAMETER,
      GrpcCode.INVALID_ARGUMENT,
      { field: "params.k_centroids" },
    ],
    [
      "k_docs_to_score = 0",
      { query: good, params: { kDocsToScore: 0 } },
      ErrorCode.INVALID_PARAMETER,
      GrpcCode.INVALID_ARGUMENT,
      { field: "params.k_docs_to_score" },
    ],
    [
      "ef_search = 0",
      { query: good, params: { efSearch: 0 } },
      ErrorCode.INVALID_PARAMETER,
      GrpcCode.INVALID_ARGUMENT,
      { field: "params.ef_search" },
    ],
    [
      "alpha < 0",
      { query: good, params: { alpha: -1 } },
      ErrorCode.INVALID_PARAMETER,
      GrpcCode.INVALID_ARGUMENT,
      { field: "params.alpha", got: "-1" },
    ],
    [
      "alpha NaN",
      { query: good, params: { alpha: Number.NaN } },
      ErrorCode.INVALID_PARAMETER,
      GrpcCode.INVALID_ARGUMENT,
      { field: "params.alpha" },
    ],
    [
      "beta = 0",
      { query: good, params: { beta: 0 } },
      ErrorCode.INVALID_PARAMETER,
      GrpcCode.INVALID_ARGUMENT,
      { field: "params.beta" },
    ],
    [
      "lambda infinite",
      { query: good, params: { lambda: Number.POSITIVE_INFINITY } },
      ErrorCode.INVALID_PARAMETER,
      GrpcCode.INVALID_ARGUMENT,
      { field: "params.lambda" },
    ],
    [
      "an unknown index",
      { index: { index: "films" }, query: good },
      ErrorCode.UNKNOWN_INDEX,
      GrpcCode.NOT_FOUND,
      { expected: "books", got: "films" },
    ],
    [
      "a version that is not loaded",
      { index: { version: "v2" }, query: good },
      ErrorCode.UNKNOWN_VERSION,
      GrpcCode.NOT_FOUND,
      { expected: "v1", got: "v2" },
    ],
  ])("refuses %s, typed", async (_what, request, code, grpcCode, parts) => {
    const error = await errorOf(it_.client.unary(search, request));
    expect(detailOf(error)).toMatchObject({ code, ...parts });
    expect(error.code).toBe(grpcCode);
    // And goes on.
    expect((await it_.client.unary(search, { query: good })).hits?.docIds).toHaveLength(10);
  });

  it("takes the switches that have no number: alpha = +infinity, every parameter at its least and beyond the index", async () => {
    const query = { ...good, data: queryBytes(3, SMALL.dim, 1) };
    const most = 2 ** 32 - 1;
    for (const params of [
      { alpha: Number.POSITIVE_INFINITY },
      { alpha: 0, beta: 1, lambda: 0, kCentroids: 1, kDocsToScore: 1, efSearch: 1, k: 1 },
      { kCentroids: most, kDocsToScore: most, efSearch: most, beta: most },
    ]) {
      expect((await it_.client.unary(search, { query, params })).hits?.docIds.length).toBeGreaterThan(0);
    }
  });
});
