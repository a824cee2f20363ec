import type { SearchParams as WireParams } from "@maxsimd/proto";
import type { EncodedTokens } from "../tensor/token-matrix.js";

/** A query that was there when this many connections broke may be what breaks them. From then on it is sent alone. */
const SUSPECT_LOSSES = 2;

/** A query that was there, in the end alone, when this many connections broke is given up. */
export const MOST_LOSSES = 5;

/** Whether a query may be what breaks connections. */
export function isSuspect(query: PendingQuery<unknown>): boolean {
  return query.losses >= SUSPECT_LOSSES;
}

/** A query that was taken from the source and has no outcome yet. */
export interface PendingQuery<Id> {
  /** The caller's id, of any type. It stays here. */
  readonly id: Id;
  /** The id on the wire: a number that rises with each query of a stream. */
  readonly wireId: number;
  readonly tokens: EncodedTokens;
  /** Undefined = the index's defaults. The stream's own parameters are one object, shared by its queries. */
  readonly params: WireParams | undefined;
  /** Connections that broke, and servers that refused for want of capacity, while they had this query. */
  losses: number;
  /** For the version watch; renewed each time the query is sent. */
  ticket: number;
}
