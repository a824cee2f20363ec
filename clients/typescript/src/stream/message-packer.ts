import { create, type DescMessage, equals, type MessageShape } from "@bufbuild/protobuf";
import {
  FieldSelectionSchema,
  FilterSchema,
  type IndexSelector,
  IndexSelectorSchema,
  SearchParamsSchema,
  type SearchStreamRequest,
  SearchStreamRequestSchema,
} from "@maxsimd/proto";
import type { TensorMessage } from "../rpc/tensor-message.js";
import type { WireOptions } from "../search/search-options.js";
import { queryBatchOf } from "../tensor/token-matrix.js";
import { isSuspect, type PendingQuery } from "./query.js";
import type { Fifo } from "./queues.js";

/** Maximum bytes of token vectors in a message with more than one query: 8 queries of 32 x 128 binary16. */
export const PACKED_BYTES = 64 * 1024;

/** The server's limit of queries in one message; only queries under 64 bytes reach it before the limit of bytes. */
const PACKED_QUERIES = 1_024;

/** One message and the queries in it. */
export interface PackedMessage<Id> extends TensorMessage<SearchStreamRequest> {
  readonly queries: readonly PendingQuery<Id>[];
}

/**
 * Packs waiting queries into the messages of one call. In a stream, index, parameters, filter and fields apply until they are set again. So
 * they are sent only when they change, and each call has its own packer, because a new call starts with the defaults.
 */
export class MessagePacker<Id> {
  /** Undefined once it is sent, or if it says nothing. */
  #index: IndexSelector | undefined;
  #sent: WireOptions = { params: undefined, filter: undefined, fields: undefined };

  constructor(index: string, version: string) {
    if (index !== "" || version !== "") this.#index = create(IndexSelectorSchema, { index, version });
  }

  /** Removes from the queue as many queries as fit into one message. The queue must not be empty. */
  pack(queue: Fifo<PendingQuery<Id>>): PackedMessage<Id> {
    const first = queue.shift() as PendingQuery<Id>;
    const queries = [first];
    let bytes = first.tokens.bytes.byteLength;
    for (let next = queue.peek(); next !== undefined; next = queue.peek()) {
      bytes += next.tokens.bytes.byteLength;
      if (bytes > PACKED_BYTES || queries.length === PACKED_QUERIES || !fitTogether(first, next)) break;
      queries.push(next);
      queue.shift();
    }
    const message = this.#message(first, queries);
    return { message, data: queries.map((query) => query.tokens.bytes), queries };
  }

  #message(first: PendingQuery<Id>, queries: readonly PendingQuery<Id>[]): SearchStreamRequest {
    const message = create(SearchStreamRequestSchema, {
      queryIds: queries.map((query) => BigInt(query.wireId)),
      queries: queryBatchOf(queries.map(({ tokens }) => tokens)),
    });
    if (this.#index !== undefined) message.index = this.#index;
    this.#index = undefined;
    // An empty message restores the defaults, all documents, and no fields.
    const { params, filter, fields } = first.options;
    if (!same(SearchParamsSchema, params, this.#sent.params)) message.params = params ?? create(SearchParamsSchema);
    if (!same(FilterSchema, filter, this.#sent.filter)) message.filter = filter ?? create(FilterSchema);
    if (!same(FieldSelectionSchema, fields, this.#sent.fields)) message.fields = fields ?? create(FieldSelectionSchema);
    this.#sent = first.options;
    return message;
  }
}

/** Whether two queries can share a message, which has one tensor and one set of options. */
function fitTogether(a: PendingQuery<unknown>, b: PendingQuery<unknown>): boolean {
  if (isSuspect(a) || isSuspect(b)) return false;
  return a.tokens.dim === b.tokens.dim && a.tokens.dtype === b.tokens.dtype && sameOptions(a.options, b.options);
}

function sameOptions(a: WireOptions, b: WireOptions): boolean {
  if (a === b) return true;
  if (!same(SearchParamsSchema, a.params, b.params)) return false;
  return same(FilterSchema, a.filter, b.filter) && same(FieldSelectionSchema, a.fields, b.fields);
}

function same<Desc extends DescMessage>(schema: Desc, a?: MessageShape<Desc>, b?: MessageShape<Desc>): boolean {
  if (a === b) return true;
  return a !== undefined && b !== undefined && equals(schema, a, b);
}
