/**
 * Payload files for `ghz --binary-file`: serialized messages, each preceded by its length as a varint. For a unary method ghz
 * sends one message per call, in turn; on a stream it sends them one after another.
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
import { type QuerySet, sliceQueries } from "@maxsimd/report/dataset";

/** A `SearchRequest` for each query. */
export function searchPayload(queries: QuerySet): Uint8Array {
  return Buffer.concat(
    tensors(queries).map((query) => sizeDelimitedEncode(SearchRequestSchema, create(SearchRequestSchema, { query }))),
  );
}

/** A `SearchStreamRequest` for each query. Its id is the query's position. */
export function searchStreamPayload(queries: QuerySet): Uint8Array {
  const messages = tensors(queries).map((tokens, position) =>
    create(SearchStreamRequestSchema, {
      queryIds: [BigInt(position)],
      queries: create(QueryBatchSchema, { tokens, rowCounts: [tokens.rows] }),
    }),
  );
  return Buffer.concat(messages.map((message) => sizeDelimitedEncode(SearchStreamRequestSchema, message)));
}

function tensors(queries: QuerySet) {
  return Array.from({ length: queries.count }, (_, position) => {
    const { tokens, dim, rows } = sliceQueries(queries, position, position + 1);
    const data = new Uint8Array(tokens.buffer, tokens.byteOffset, tokens.byteLength);
    return create(TokenTensorSchema, { dtype: tokens instanceof Uint16Array ? Dtype.F16 : Dtype.F32, dim, rows, data });
  });
}
