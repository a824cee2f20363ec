// TextSearchService answers a question as SearchService answers its vectors, and is there only if the server has an encoder.

import { join } from "node:path";
import { status as GrpcCode } from "@grpc/grpc-js";
import { unitVectors } from "@maxsimd/native/testing";
import { Dtype, ErrorCode, SearchService, TextSearchService } from "@maxsimd/proto";
import { afterEach, describe, expect, it } from "vitest";
import { detailOf, errorOf } from "../../testing/raw-client.js";
import { SMALL, temporaryFolder } from "../../testing/sample-index.js";
import { serveCatalog, type TestServer } from "../../testing/test-server.js";
import { makeToken, writeTokens } from "../../testing/tokens.js";
import type { QueryEncoder } from "./search-text.js";

const { searchText } = TextSearchService.method;
const { search } = SearchService.method;
const ROWS = 3;

/** An encoder whose vectors depend on the length of the text. `gate` holds its answers back. */
class StandIn implements QueryEncoder {
  gate: Promise<void> = Promise.resolve();
  texts: string[] = [];
  closed = false;
  readonly dim: number;

  constructor(dim = SMALL.dim) {
    this.dim = dim;
  }

  vectors(text: string): Float32Array {
    return unitVectors(ROWS, this.dim, text.length);
  }

  async encode(texts: readonly string[]): Promise<{ vectors: Float32Array; lengths: Int32Array }> {
    this.texts.push(...texts);
    await this.gate;
    return { vectors: this.vectors(texts[0] as string), lengths: Int32Array.of(ROWS) };
  }

  close(): Promise<void> {
    this.closed = true;
    return Promise.resolve();
  }
}

let served: TestServer | undefined;
afterEach(async () => {
  await served?.stop();
  served = undefined;
});

async function serve(encoder: StandIn, config: Parameters<typeof serveCatalog>[1] = {}): Promise<TestServer> {
  served = await serveCatalog({ v1: {} }, { encoder: "model", ...config }, () => Promise.resolve(encoder));
  return served;
}

describe("SearchText", () => {
  it("answers as Search does for the same vectors", async () => {
    const encoder = new StandIn();
    const { client } = await serve(encoder);
    const vectors = encoder.vectors("red fox");
    const data = new Uint8Array(vectors.buffer, vectors.byteOffset, vectors.byteLength);
    const params = { k: 7 };
    const expected = await client.unary(search, {
      query: { dtype: Dtype.F32, dim: SMALL.dim, rows: ROWS, data },
      ...{ params, explain: true },
    });
    const answer = await client.unary(searchText, { text: "red fox", params, explain: true });
    expect(answer.hits).toEqual(expected.hits);
    expect(answer.hits?.docIds).toHaveLength(7);
    expect(answer.indexVersion).toEqual(expected.indexVersion);
    expect(encoder.texts).toEqual(["red fox"]);
  });

  it.each([
    ["no text", "", ErrorCode.EMPTY_QUERY, { field: "text", got: "an empty text" }],
    ["white space", " \n ", ErrorCode.EMPTY_QUERY, { field: "text", got: "white space" }],
    ["a long text", "ü".repeat(33), ErrorCode.LIMIT_EXCEEDED, { expected: "at most 64 bytes", got: "66 bytes" }],
  ])("refuses %s before it encodes", async (_, text, code, detail) => {
    const encoder = new StandIn();
    const { client } = await serve(encoder, { limits: { textBytes: 64 } });
    const error = await errorOf(client.unary(searchText, { text }));
    expect(detailOf(error)).toMatchObject({ code, ...detail });
    expect(encoder.texts).toEqual([]);
  });

  it("names both dims if those of index and encoder differ", async () => {
    const encoder = new StandIn(SMALL.dim + 1);
    const { client } = await serve(encoder);
    const error = await errorOf(client.unary(searchText, { text: "red" }));
    expect(error.code).toBe(GrpcCode.INVALID_ARGUMENT);
    expect(detailOf(error)).toMatchObject({
      code: ErrorCode.DIM_MISMATCH,
      message: expect.stringContaining("the index books"),
      expected: `an index of dim ${SMALL.dim + 1}, as the encoder has`,
      got: `one of dim ${SMALL.dim}`,
    });
    expect(encoder.texts).toEqual([]);
  });

  it("knows only served indexes", async () => {
    const { client } = await serve(new StandIn());
    const error = await errorOf(client.unary(searchText, { text: "red", index: { index: "films" } }));
    expect(detailOf(error)).toMatchObject({ code: ErrorCode.UNKNOWN_INDEX });
  });

  it("refuses questions beyond the limit, and has room again when one is encoded", async () => {
    const encoder = new StandIn();
    let open: () => void = () => undefined;
    encoder.gate = new Promise((resolve) => {
      open = resolve;
    });
    const { client } = await serve(encoder, { limits: { texts: 1 } });
    const first = client.unary(searchText, { text: "red" });
    await expect.poll(() => encoder.texts).toEqual(["red"]);
    const error = await errorOf(client.unary(searchText, { text: "blue" }));
    expect(detailOf(error)).toMatchObject({ code: ErrorCode.OVERLOADED, retryAfterMs: expect.any(Number) });
    open();
    expect((await first).hits?.docIds).toHaveLength(10);
    expect((await client.unary(searchText, { text: "blue" })).hits?.docIds).toHaveLength(10);
  });

  it("ends with the deadline while it encodes", async () => {
    const encoder = new StandIn();
    let open: () => void = () => undefined;
    encoder.gate = new Promise((resolve) => {
      open = resolve;
    });
    const { client } = await serve(encoder, { limits: { deadlineMs: 200 } });
    const error = await errorOf(client.unary(searchText, { text: "red" }));
    expect(detailOf(error)).toMatchObject({ code: ErrorCode.DEADLINE_EXPIRED });
    open();
  });

  it("is for tokens with the scope search", async () => {
    const folder = await temporaryFolder();
    try {
      const tokens = join(folder.path, "tokens.json");
      const [reader, operator] = [makeToken("reader", ["search"]), makeToken("operator", ["admin"])];
      await writeTokens(tokens, [reader, operator]);
      const { client } = await serve(new StandIn(), { tokens });
      const ask = (header?: string) =>
        client.unary(searchText, { text: "red" }, { headers: header === undefined ? {} : { authorization: header } });
      expect((await errorOf(ask())).code).toBe(GrpcCode.UNAUTHENTICATED);
      expect((await errorOf(ask(`Bearer ${operator.token}`))).code).toBe(GrpcCode.PERMISSION_DENIED);
      expect((await ask(`Bearer ${reader.token}`)).hits?.docIds).toHaveLength(10);
    } finally {
      await folder.remove();
    }
  });
});

describe("a server", () => {
  it("without an encoder does not have the service", async () => {
    served = await serveCatalog({ v1: {} });
    const error = await errorOf(served.client.unary(searchText, { text: "red" }));
    expect(error.code).toBe(GrpcCode.UNIMPLEMENTED);
  });

  it("closes its encoder when it stops", async () => {
    const encoder = new StandIn();
    const { server } = await serve(encoder);
    expect(encoder.closed).toBe(false);
    await server.drain();
    expect(encoder.closed).toBe(true);
  });

  it("does not start with an encoder that does not open, or that nothing can open", async () => {
    const failure = Object.assign(new Error("there is no file model/tokenizer.json"), { code: "NOT_FOUND" });
    const start = serveCatalog({ v1: {} }, { encoder: "model" }, () => Promise.reject(failure));
    await expect(start).rejects.toMatchObject({ name: "StartError", code: "NOT_FOUND", message: failure.message });
    const without = serveCatalog({ v1: {} }, { encoder: "model" });
    await expect(without).rejects.toMatchObject({ code: "CONFIGURATION" });
  });
});
