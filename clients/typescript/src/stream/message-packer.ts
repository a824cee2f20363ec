import { create, equals } from "@bufbuild/protobuf";
import {
  IndexSelectorSchema,
  QueryBatchSchema,
  SearchParamsSchema,
  type SearchStreamRequest,
  SearchStreamRequestSchema,
  TokenTensorSchema,
  type SearchParams as WireParams,
} from "@maxsimd/proto";
import type { TensorMessage } from "../rpc/tensor-message.js";
import { isSuspect, type PendingQuery } from "./query.js";
import type { Fifo } from "./queues.js";

/** Most bytes of token vectors in a message of more than one query: 8 queries of 32 x 128 binary16. */
export const PACKED_BYTES = 64 * 1024;

/** The server's limit of queries in one message; reached before the bytes only by queries under 64 bytes. */
const PACKED_QUERIES = 1_024;

/** One message and the queries in it. */
export interface PackedMessage<Id> extends TensorMessage<SearchStreamRequest> {
  readonly queries: readonly PendingQuery<Id>[];
}

/**
 * Packs waiting queries into the messages of one call. Index and parameters hold in a stream until they are set again, so
 * they are sent when they change, and a packer belongs to one call: a new call begins with nothing set.
 */
export class MessagePacker<Id> {
  readonly #index: string;
  readonly #version: string;
  #first = true;
  #params: WireParams | undefined;

  constructor(index: string, version: string) {
    this.#index = index;
    this.#version = version;
  }

  /** Takes from the queue what fits one message; the queue must not be empty. */
  pack(queue: Fifo<PendingQuery<Id>>): PackedMessage<Id> {
    const first = queue.shift() as PendingQuery<Id>;
    const queries = [first];
    let bytes = first.tokens.bytes.byteLength;
    for (let next = queue.peek(); next !== undefined; next = queue.peek()) {
      bytes += next.tokens.bytes.byteLength;
      if (bytes > PACKED_BYTES || queries.length === PACKED_QUERIES || !fitBeside(first, next)) break;
      queries.push(next);
      queue.shift();
    }
    const message = this.#message(first, queries);
    return { message, data: queries.map((query) => query.tokens.bytes), queries };
  }

  #message(first: PendingQuery<Id>, queries: readonly PendingQuery<Id>[]): SearchStreamRequest {
    const message = create(SearchStreamRequestSchema, {
      queryIds: queries.map((query) => BigInt(query.wireId)),
      queries: create(QueryBatchSchema, {
        tokens: create(TokenTensorSchema, {
          dtype: first.tokens.dtype,
          dim: first.tokens.dim,
          rows: queries.reduce((sum, query) => sum + query.tokens.rows, 0),
        }),
        rowCounts: queries.map((query) => query.tokens.rows),
      }),
    });
    if (this.#first && (this.#index !== "" || this.#version !== "")) {
      message.index = create(IndexSelectorSchema, { index: this.#index, version: this.#version });
    }
    if (!sameParams(first.params, this.#params)) {
      // An empty message takes back what an earlier one set.
      message.params = first.params ?? create(SearchParamsSchema);
      this.#params = first.params;
    }
    this.#first = false;
    return message;
  }
}

/** One message has one tensor and one set of parameters. */
function fitBeside(a: PendingQuery<unknown>, b: PendingQuery<unknown>): boolean {
  if (isSuspect(a) || isSuspect(b)) return false;
  return a.tokens.dim === b.tokens.dim && a.tokens.dtype === b.tokens.dtype && sameParams(a.params, b.params);
}

function sameParams(a: WireParams | undefined, b: WireParams | undefined): boolean {
  if (a === b) return true;
  return a !== undefined && b !== undefined && equals(SearchParamsSchema, a, b);
}
