// What reaches a server from other clients. The answers themselves are compared with the index's in test/reasons.test.ts.

import { Dtype, ErrorCode, Lost, SearchService } from "@maxsimd/proto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { detailOf, errorOf } from "../../testing/raw-client.js";
import { SMALL } from "../../testing/sample-index.js";
import { serveCatalog, type TestServer, tensor } from "../../testing/test-server.js";

const { whyNot, search } = SearchService.method;

let it_: TestServer;
beforeAll(async () => {
  it_ = await serveCatalog({ v1: {} }, { workers: 1 });
});
afterAll(() => it_.stop());

type Request = Parameters<typeof it_.client.unary<typeof whyNot>>[1];

describe("WhyNot", () => {
  const query = tensor(3, 1);
  const data = new Uint8Array(new Float32Array(3 * SMALL.dim).fill(Number.NaN).buffer);

  it.each<[string, Request, ErrorCode, object]>([
    ["no query", { id: "1" }, ErrorCode.EMPTY_QUERY, { field: "query" }],
    ["no id", { query }, ErrorCode.INVALID_PARAMETER, { field: "id" }],
    ["NaN", { id: "1", query: { ...query, data } }, ErrorCode.NON_FINITE, { field: "query.data" }],
    ["an unset dtype", { id: "1", query: { ...query, dtype: Dtype.UNSPECIFIED } }, ErrorCode.INVALID_DTYPE, {}],
    ["a negative alpha", { id: "1", query, params: { alpha: -1 } }, ErrorCode.INVALID_PARAMETER, {}],
    ["an unknown version", { id: "1", query, index: { version: "v9" } }, ErrorCode.UNKNOWN_VERSION, {}],
  ])("refuses %s, typed, and gives back its room", async (_what, request, code, parts) => {
    // More often than there is room.
    for (let i = 0; i < 70; i++) {
      expect(detailOf(await errorOf(it_.client.unary(whyNot, request)))).toMatchObject({ code, ...parts });
    }
    expect((await it_.client.unary(search, { query })).hits?.docIds).toHaveLength(10);
  });

  it("names the rank that a document without an id has", async () => {
    const { hits } = await it_.client.unary(search, { query, params: { k: SMALL.documents } });
    const id = hits?.ids[30] as string;
    const answer = await it_.client.unary(whyNot, { query, id });
    expect(answer).toMatchObject({ lost: Lost.OUT_RANKED, rank: 31, change: { k: 31 }, withoutBeta: false });
    expect(answer.score).toBeCloseTo(hits?.scores[30] as number, 5);
    expect(answer.needed).toBeCloseTo(hits?.scores[9] as number, 5);
    expect(answer.indexVersion).toMatchObject({ index: "books", version: "v1" });
  });
});
