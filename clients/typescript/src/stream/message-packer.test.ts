import { create } from "@bufbuild/protobuf";
import { Dtype, SearchParamsSchema } from "@maxsimd/proto";
import { describe, expect, it } from "vitest";
import { MessagePacker, PACKED_BYTES, type PackedMessage } from "./message-packer.js";
import type { PendingQuery } from "./query.js";
import { Fifo } from "./queues.js";

let nextId = 0;

function query(overrides: Partial<PendingQuery<string>> & { bytes?: number; dtype?: Dtype; dim?: number } = {}) {
  const { bytes = 256, dtype = Dtype.F16, dim = 128, ...rest } = overrides;
  nextId += 1;
  const tokens = { dtype, dim, rows: bytes / 256, bytes: new Uint8Array(bytes).fill(nextId) };
  return { id: "", wireId: nextId, tokens, params: undefined, losses: 0, ticket: 0, ...rest };
}

function packAll(queries: PendingQuery<string>[], packer = new MessagePacker<string>("papers", "")) {
  const fifo = new Fifo<PendingQuery<string>>();
  for (const each of queries) fifo.push(each);
  const messages: PackedMessage<string>[] = [];
  while (fifo.length > 0) messages.push(packer.pack(fifo));
  return messages;
}

const sizes = (queries: PendingQuery<string>[]) => packAll(queries).map((packed) => packed.queries.length);

describe("MessagePacker", () => {
  it("fills a message to the byte, and sends a query that is larger than one alone", () => {
    const eighth = PACKED_BYTES / 8;
    expect(sizes(Array.from({ length: 9 }, () => query({ bytes: eighth })))).toEqual([8, 1]);
    expect(sizes([query(), query({ bytes: 2 * PACKED_BYTES }), query()])).toEqual([1, 1, 1]);
  });

  it("respects the server's limit of queries in a message", () => {
    expect(sizes(Array.from({ length: 2_000 }, () => query({ bytes: 0 })))).toEqual([1_024, 976]);
  });

  it("keeps ids, row counts and vectors in one order", () => {
    const queries = [query({ bytes: 512 }), query({ bytes: 256 })];
    const [packed] = packAll(queries);
    expect(packed?.message.queryIds).toEqual(queries.map(({ wireId }) => BigInt(wireId)));
    expect(packed?.message.queries).toMatchObject({
      rowCounts: [2, 1],
      tokens: { dtype: Dtype.F16, dim: 128, rows: 3 },
    });
    expect(packed?.data).toEqual(queries.map(({ tokens }) => tokens.bytes));
  });

  it("starts a new message for another dim, dtype or parameters", () => {
    const params = (k: number) => create(SearchParamsSchema, { k });
    expect(sizes([query(), query({ dim: 64 }), query({ dim: 64 })])).toEqual([1, 2]);
    expect(sizes([query(), query({ dtype: Dtype.F32 })])).toEqual([1, 1]);
    expect(sizes([query({ params: params(1) }), query({ params: params(1) }), query({ params: params(2) })])).toEqual([
      2, 1,
    ]);
  });

  it("sends a query that may break connections alone", () => {
    expect(sizes([query(), query({ losses: 2 }), query({ losses: 2 }), query({ losses: 1 }), query()])).toEqual([
      1, 1, 1, 2,
    ]);
  });

  it("sends the index once, and parameters when they change", () => {
    const k = create(SearchParamsSchema, { k: 3 });
    const packer = new MessagePacker<string>("papers", "2");
    const messages = [[query()], [query({ params: k })], [query({ params: k })], [query()], [query()]].flatMap(
      (queries) => packAll(queries, packer),
    );
    expect(messages.map(({ message }) => message.index?.version)).toEqual(["2", ...Array(4)]);
    const empty = create(SearchParamsSchema);
    expect(messages.map(({ message }) => message.params)).toEqual([undefined, k, undefined, empty, undefined]);
  });

  it("sends no index if none is set", () => {
    expect(packAll([query()], new MessagePacker<string>("", ""))[0]?.message.index).toBeUndefined();
  });
});
