/**
 * Payload files for `ghz --binary-file`: serialized messages, each after its length as a varint. ghz takes one message a
 * call for unary methods, in turn, and sends them one after another on a stream.
 */

import { create } from "@bufbuild/protobuf";
import { sizeDelimitedEncode } from "@bufbuild/protobuf/wire";
import {
  Dtype,
  QueryBatchSchema,
  SearchRequestSchema,
  SearchStreamRequestSchema,
  TokenTensorSchema,
} from "@maxsimd/proto";

/** Queries of one .npy matrix: row-major rows of `dim` elements, binary16 bit patterns or binary32. */
export interface QueryRows {
  data: Uint16Array | Float32Array;
  dim: number;
  /** Rows of each query, in order. */
  lengths: readonly number[];
}

/** A `SearchRequest` for each query. */
export function searchPayload(queries: QueryRows): Uint8Array {
  return concatenate(
    tensors(queries).map((query) => sizeDelimitedEncode(SearchRequestSchema, create(SearchRequestSchema, { query }))),
  );
}

/** A `SearchStreamRequest` for each query, its id the query's position. */
export function searchStreamPayload(queries: QueryRows): Uint8Array {
  const messages = tensors(queries).map((tokens, position) =>
    create(SearchStreamRequestSchema, {
      queryIds: [BigInt(position)],
      queries: create(QueryBatchSchema, { tokens, rowCounts: [tokens.rows] }),
    }),
  );
  return concatenate(messages.map((message) => sizeDelimitedEncode(SearchStreamRequestSchema, message)));
}

function tensors({ data, dim, lengths }: QueryRows) {
  const rows = lengths.reduce((sum, length) => sum + length, 0);
  if (rows * dim !== data.length) {
    throw new Error(`the query lengths add up to ${rows} rows: expected ${data.length / dim}, as the matrix has`);
  }
  let begin = 0;
  return lengths.map((length) => {
    const part = data.subarray(begin * dim, (begin + length) * dim);
    begin += length;
    return create(TokenTensorSchema, {
      dtype: part instanceof Uint16Array ? Dtype.F16 : Dtype.F32,
      dim,
      rows: length,
      data: new Uint8Array(part.buffer, part.byteOffset, part.byteLength),
    });
  });
}

function concatenate(parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}
