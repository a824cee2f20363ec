import { create, equals } from "@bufbuild/protobuf";
import {
  type IndexSelector,
  IndexSelectorSchema,
  SearchParamsSchema,
  type SearchStreamRequest,
  SearchStreamRequestSchema,
  type SearchParams as WireParams,
} from "@maxsimd/proto";
import type { TensorMessage } from "../rpc/tensor-message.js";
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
 * Packs waiting queries into the messages of one call. In a stream, index and parameters apply until they are set again. So
 * they are sent only when they change, and each call has its own packer, because a new call starts with the defaults.
 */
export class MessagePacker<Id> {
  /** Undefined once it is sent, or if it says nothing. */
  #index: IndexSelector | undefined;
  #params: WireParams | undefined;

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
    if (!sameParams(first.params, this.#params)) {
      // An empty message restores the defaults.
      message.params = first.params ?? create(SearchParamsSchema);
      this.#params = first.params;
    }
    return message;
  }
}

/** Whether two queries can share a message, which has one tensor and one set of parameters. */
function fitTogether(a: PendingQuery<unknown>, b: PendingQuery<unknown>): boolean {
  if (isSuspect(a) || isSuspect(b)) return false;
  return a.tokens.dim === b.tokens.dim && a.tokens.dtype === b.tokens.dtype && sameParams(a.params, b.params);
}

function sameParams(a: WireParams | undefined, b: WireParams | undefined): boolean {
  if (a === b) return true;
  return a !== undefined && b !== undefined && equals(SearchParamsSchema, a, b);
}
