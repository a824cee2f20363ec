import type { Drift, IndexInfo, RawExplanation, RawSearchParams as SearchParams, WhyNot } from "@maxsimd/native";
import type { ServiceError } from "../errors/service-error.js";
import type { IndexKeeper } from "./index-keeper.js";

export type { RawSearchParams as SearchParams, WhyNot } from "@maxsimd/native";

/** What a search uses where its parameters are unset; null switches a rule off. */
export { SEARCH_DEFAULTS } from "@maxsimd/native";

/** An index that is open in this process: mapped once, searched by every worker thread. */
export interface EngineIndex extends Readonly<IndexInfo> {
  readonly id: number;
  /** How well the codec still fits. */
  readonly drift: readonly Drift[];
  /** Whether its files are what they were. */
  readonly keeper: IndexKeeper;
  /** As {@link IndexKeeper.inService}. */
  readonly inService: boolean;
  /**
   * Ids of documents, by their positions. One call into native code, whatever their number. Throws a ServiceError as IndexKeeper.failure
   * makes it.
   */
  ids(docIds: Uint32Array): string[];
  /** The stored fields of the document at a position: what was JSON when the index was built. Throws as `ids` does. */
  fields(docId: number): Record<string, unknown>;
  /**
   * Where a search lost the document with an id. Rejects with a ServiceError, CANCELLED when the token is cancelled. Only
   * WhyNotRunner calls it.
   */
  whyNot(query: Pick<Query, "data" | "dtype" | "params">, id: string, cancelToken: number): Promise<WhyNot>;
  /** Makes the worker threads release it, and closes it; it is unmapped when the last worker has released it. */
  close(): void;
}

/** Element type of a query's token vectors. */
export type TokenType = "f16" | "f32";

/** One query's results, best first; docIds (positions) and scores are equally long, at most k. */
export interface Answer {
  readonly docIds: Uint32Array;
  readonly scores: Float32Array;
  /** Whether every document that may be returned was scored. */
  readonly exhausted: boolean;
  /** Why the documents have their scores, [docIds, rows]; only if the query asked for it. */
  readonly explanation?: RawExplanation | undefined;
  /** From submission until a worker took it, in microseconds. */
  readonly queueMicros: number;
  /** Native time of this query alone, its explanation included, in microseconds. */
  readonly searchMicros: number;
}

/** A query that has been checked against its index. */
export interface Query {
  readonly index: EngineIndex;
  readonly params: SearchParams;
  /** Equal for params that are equal but for the filter. Queries share a task only if their key, filter, index, dtype and explain are equal. */
  readonly paramsKey: string;
  readonly dtype: TokenType;
  /** Path of the data in the request, for errors. */
  readonly field: string;
  /** rows * dim elements, little-endian: a view on the received message. Read once, when a worker takes the query. */
  readonly data: Uint8Array;
  readonly rows: number;
  /** How long a worker takes for it at most, by an estimate. */
  readonly estimatedMicros: number;
  /** Whether the answer explains the scores. */
  readonly explain: boolean;
  /** Epoch milliseconds after which it is not started. */
  readonly deadline: number;
  /** Called exactly once. */
  readonly onOutcome: (outcome: Answer | ServiceError) => void;
}
