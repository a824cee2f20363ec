import { create } from "@bufbuild/protobuf";
import { Dtype, FieldSelectionSchema, FilterSchema, SearchParamsSchema } from "@maxsimd/proto";
import { describe, expect, it } from "vitest";
import type { WireOptions } from "../search/search-options.js";
import { MessagePacker, PACKED_BYTES, type PackedMessage } from "./message-packer.js";
import type { PendingQuery } from "./query.js";
import { Fifo } from "./queues.js";

let nextId = 0;

type Overrides = { bytes?: number; dtype?: Dtype; dim?: number; losses?: number } & Partial<WireOptions>;

function query(overrides: Overrides = {}): PendingQuery<string> {
  const { bytes = 256, dtype = Dtype.F16, dim = 128, losses = 0, params, filter, fields } = overrides;
  nextId += 1;
  const tokens = { dtype, dim, rows: bytes / 256, bytes: new Uint8Array(bytes).fill(nextId) };
  return { id: "", wireId: nextId, tokens, options: { params, filter, fields }, losses, ticket: 0 };
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
    const only = (...ids: string[]) => create(FilterSchema, { condition: { case: "ids", value: { ids } } });
    const filtered = [
      query({ filter: only("a") }),
      query({ filter: only("a") }),
      query({ filter: only("b") }),
      query(),
    ];
    expect(sizes(filtered)).toEqual([2, 1, 1]);
    const fields = (...names: string[]) => create(FieldSelectionSchema, { names });
    const selecting = [query({ fields: fields("a") }), query({ fields: fields("a") }), query({ fields: fields("b") })];
    expect(sizes(selecting)).toEqual([2, 1]);
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

  it("sends filter and fields when they change, and empty ones to restore the defaults", () => {
    const filter = create(FilterSchema, { condition: { case: "exists", value: { field: "year" } } });
    const fields = create(FieldSelectionSchema, { all: true });
    const packer = new MessagePacker<string>("", "");
    const each = [query(), query({ filter }), query({ filter, fields }), query({ filter }), query({ fields }), query()];
    const messages = each.flatMap((one) => packAll([one], packer)).map(({ message }) => message);
    const [everything, nothing] = [create(FilterSchema), create(FieldSelectionSchema)];
    expect(messages.map((message) => message.filter)).toEqual([
      ...[undefined, filter, undefined, undefined, everything, undefined],
    ]);
    expect(messages.map((message) => message.fields)).toEqual([
      ...[undefined, undefined, fields, nothing, fields, nothing],
    ]);
  });

  it("sends no index if none is set", () => {
    expect(packAll([query()], new MessagePacker<string>("", ""))[0]?.message.index).toBeUndefined();
  });
});
