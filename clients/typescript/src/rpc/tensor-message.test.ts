import { create, fromBinary } from "@bufbuild/protobuf";
import {
  Dtype,
  QueryBatchSchema,
  SearchBatchRequestSchema,
  SearchRequestSchema,
  SearchService,
  SearchStreamRequestSchema,
  TokenTensorSchema,
} from "@maxsimd/proto";
import { describe, expect, it } from "vitest";
import { tensorMethod } from "./tensor-message.js";

const tensor = { dtype: Dtype.F16, dim: 2, rows: 3 };
const sizes = [0, 1, 12, 127, 128, 20_000, 70_000];

/** Pieces of uneven sizes with bytes that tell their place. */
function pieces(size: number): Uint8Array[] {
  const all = Uint8Array.from({ length: size }, (_, i) => i % 251);
  return [all.subarray(0, size >> 2), all.subarray(size >> 2, size >> 1), all.subarray(size >> 1)];
}

describe("tensorMethod", () => {
  it.each(sizes)("gives what any protobuf parser reads as the whole request, with %d bytes of vectors", (size) => {
    const data = pieces(size);
    const whole = Uint8Array.from(data.flatMap((piece) => [...piece]));

    const search = create(SearchRequestSchema, { index: { index: "papers" }, query: tensor, params: { k: 3 } });
    const unary = tensorMethod(SearchService.method.search, [2, 4]).serialize({ message: search, data });
    expect(fromBinary(SearchRequestSchema, new Uint8Array(unary))).toEqual(
      create(SearchRequestSchema, { ...search, query: create(TokenTensorSchema, { ...tensor, data: whole }) }),
    );

    const queries = create(QueryBatchSchema, { tokens: tensor, rowCounts: [1, 2] });
    const full = create(QueryBatchSchema, { tokens: { ...tensor, data: whole }, rowCounts: [1, 2] });
    const batch = tensorMethod(SearchService.method.searchBatch, [2, 1, 4]).serialize({
      message: create(SearchBatchRequestSchema, { queries }),
      data,
    });
    expect(fromBinary(SearchBatchRequestSchema, new Uint8Array(batch))).toEqual(
      create(SearchBatchRequestSchema, { queries: full }),
    );

    const stream = tensorMethod(SearchService.method.searchStream, [4, 1, 4]).serialize({
      message: create(SearchStreamRequestSchema, { queries, queryIds: [7n, 1n << 40n] }),
      data,
    });
    expect(fromBinary(SearchStreamRequestSchema, new Uint8Array(stream))).toEqual(
      create(SearchStreamRequestSchema, { queries: full, queryIds: [7n, 1n << 40n] }),
    );
  });

  it("leads to the field of that name in each request", () => {
    const names = (schema: { fields: { number: number; name: string; message?: unknown }[] }, path: number[]) => {
      let at: typeof schema | undefined = schema;
      return path.map((number) => {
        const field = at?.fields.find((each) => each.number === number);
        at = field?.message as typeof schema | undefined;
        return field?.name;
      });
    };
    expect(names(SearchRequestSchema as never, [2, 4])).toEqual(["query", "data"]);
    expect(names(SearchBatchRequestSchema as never, [2, 1, 4])).toEqual(["queries", "tokens", "data"]);
    expect(names(SearchStreamRequestSchema as never, [4, 1, 4])).toEqual(["queries", "tokens", "data"]);
  });
});
