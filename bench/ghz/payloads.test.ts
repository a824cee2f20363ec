import { fromBinary } from "@bufbuild/protobuf";
import { BinaryReader } from "@bufbuild/protobuf/wire";
import { Dtype, SearchRequestSchema, SearchStreamRequestSchema } from "@maxsimd/proto";
import { describe, expect, it } from "vitest";
import { searchPayload, searchStreamPayload } from "./payloads.js";

// The promise: ghz sends exactly the queries of the matrix, each once, in order.

/** Splits a file as ghz does: a varint with the length, then that many bytes, to the end. */
function split(file: Uint8Array): Uint8Array[] {
  const reader = new BinaryReader(file);
  const messages: Uint8Array[] = [];
  while (reader.pos < file.length) messages.push(reader.bytes());
  return messages;
}

const halves = {
  ...{ count: 3, dim: 2, rows: 6, offsets: BigUint64Array.of(0n, 1n, 4n, 6n) },
  tokens: Uint16Array.from({ length: 12 }, (_, i) => 0x3c00 + i),
};
const floats = {
  ...{ count: 1, dim: 4, rows: 1, offsets: BigUint64Array.of(0n, 1n) },
  tokens: Float32Array.from([1, -2, 0.5, 4]),
};

/** Bytes of `elements` from `begin`, little-endian. */
function bytesOf(elements: Uint16Array | Float32Array, begin: number, end: number): number[] {
  const view = new DataView(new ArrayBuffer((end - begin) * elements.BYTES_PER_ELEMENT));
  for (let i = begin; i < end; i++) {
    if (elements instanceof Uint16Array) view.setUint16((i - begin) * 2, elements[i] as number, true);
    else view.setFloat32((i - begin) * 4, elements[i] as number, true);
  }
  return [...new Uint8Array(view.buffer)];
}

describe("the payload of Search", () => {
  it("holds one request per query", () => {
    const requests = split(searchPayload(halves)).map((message) => fromBinary(SearchRequestSchema, message));
    expect(requests.map(({ query }) => [query?.dtype, query?.dim, query?.rows])).toEqual([
      [Dtype.F16, 2, 1],
      [Dtype.F16, 2, 3],
      [Dtype.F16, 2, 2],
    ]);
    expect(requests.map(({ query }) => [...(query?.data ?? [])])).toEqual([
      bytesOf(halves.tokens, 0, 2),
      bytesOf(halves.tokens, 2, 8),
      bytesOf(halves.tokens, 8, 12),
    ]);
  });

  it("keeps binary32 as it is", () => {
    const [request] = split(searchPayload(floats)).map((message) => fromBinary(SearchRequestSchema, message));
    expect(request?.query).toMatchObject({ dtype: Dtype.F32, dim: 4, rows: 1 });
    expect([...(request?.query?.data ?? [])]).toEqual(bytesOf(floats.tokens, 0, 4));
  });
});

it("the payload of SearchStream holds one message per query, with its position as id", () => {
  const requests = split(searchStreamPayload(halves)).map((message) => fromBinary(SearchStreamRequestSchema, message));
  expect(requests.map(({ queryIds, queries }) => [queryIds, queries?.rowCounts, queries?.tokens?.rows])).toEqual([
    [[0n], [1], 1],
    [[1n], [3], 3],
    [[2n], [2], 2],
  ]);
  expect([...(requests[1]?.queries?.tokens?.data ?? [])]).toEqual(bytesOf(halves.tokens, 2, 8));
});
