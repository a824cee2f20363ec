import type { SearchOptions, WireOptions } from "../search/search-options.js";
import type { EncodedTokens, TokenMatrix } from "../tensor/token-matrix.js";

/** One query of a stream. */
export interface StreamQuery<Id> {
  /** Returned with the outcome, of any type; it is not sent. Default: the position of the query in the stream, from 0. */
  id?: Id;
  query: TokenMatrix;
  /** Parameters, filter and fields that differ from those of the stream. */
  params?: SearchOptions | undefined;
}

/** A query that was read from the source and has no outcome yet. */
export interface PendingQuery<Id> {
  /** The caller's id. */
  readonly id: Id;
  /** The id on the wire: a number that rises with each query of a stream. */
  readonly wireId: number;
  readonly tokens: EncodedTokens;
  /** Those of the stream are one object that its queries share. */
  readonly options: WireOptions;
  /** How often a connection broke, or the server had no capacity, while this query was sent and unanswered. */
  losses: number;
  /** For the version watch; renewed each time the query is sent. */
  ticket: number;
}

/** A query that was unanswered when this many connections broke may be the cause. From then on it is sent alone. */
const SUSPECT_LOSSES = 2;

/** A query that was unanswered when this many connections broke fails. */
export const MAX_LOSSES = 5;

/** Whether the query may be what breaks connections. */
export function isSuspect(query: PendingQuery<unknown>): boolean {
  return query.losses >= SUSPECT_LOSSES;
}
