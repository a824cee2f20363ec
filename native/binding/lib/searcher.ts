import type { SearchParams } from "../gen/addon.js";
import { addon } from "./addon.js";
import { badArgument } from "./errors.js";

/** The values that a search uses for absent parameters; `efSearch` is that of the default `kCentroids`. */
export const SEARCH_DEFAULTS = {
  k: 10,
  kCentroids: 20,
  kDocsToScore: 500,
  efSearch: 30,
  alpha: 0.45,
  beta: null,
  lambda: null,
} as const;

/** Largest number of documents that a search returns. */
const MAX_K = 10_000;

/** How a query ended. */
export const OUTCOME = {
  /** It was answered. */
  answered: 0,
  /** It was answered, and every document that may be returned was scored: no document can be missing. */
  exhausted: 1,
  /** It holds a NaN, an infinity or a value above 65,504, the largest f16, and has no results. */
  nonFinite: 2,
} as const;

/**
 * Results of one call: those of each query follow those of the query before it. Each array has a buffer of its own that is
 * exactly as long as the array, so that a thread can transfer the arrays to another.
 */
export interface RawResult {
  docIds: Uint32Array<ArrayBuffer>;
  scores: Float32Array<ArrayBuffer>;
  /** Number of results of each query. */
  counts: Uint32Array<ArrayBuffer>;
  /** Per query how it ended: see {@link OUTCOME}. */
  outcomes: Int32Array<ArrayBuffer>;
  /** Per query: microseconds in native code, from the conversion of its bytes to its results. */
  micros: Uint32Array<ArrayBuffer>;
}

/** Why documents have their scores, see {@link Searcher.explain}. */
export interface RawExplanation {
  tokens: Uint32Array<ArrayBuffer>;
  similarities: Float32Array<ArrayBuffer>;
}

/**
 * One thread's searcher over an index that the whole process shares. Calls are synchronous and allocate no scratch memory per
 * query. A searcher belongs to the thread that created it.
 */
export class Searcher {
  readonly #id: number;

  /** Throws CLOSED if no index with this id is open. */
  constructor(indexId: number) {
    this.#id = addon.openSearcher(indexId);
  }

  /**
   * Answers the queries whose rows are concatenated in `data`, little-endian. `rowCounts` holds the number of rows of each query.
   * The bytes need no alignment and are not copied.
   *
   * Throws SHAPE_MISMATCH or EMPTY_QUERY if rows and bytes do not fit, INVALID_PARAMETER, INVALID_FILTER, CANCELLED, CLOSED;
   * INDEX_CORRUPT or INDEX_CHANGED if the index's files are not what they were, whatever was found.
   */
  searchRaw(
    data: Uint8Array,
    dtype: "f16" | "f32",
    rowCounts: Uint32Array,
    params: SearchParams,
    cancelId: number,
  ): RawResult {
    if (dtype !== "f16" && dtype !== "f32") throw badArgument("INVALID_DTYPE", "dtype", "f16 or f32", String(dtype));
    const { k = SEARCH_DEFAULTS.k } = params;
    if (!Number.isInteger(k) || k < 1 || k > MAX_K)
      throw badArgument("INVALID_PARAMETER", "k", `1 to ${MAX_K}`, String(k));
    const queries = rowCounts.length;
    const docIds = new Uint32Array(queries * k);
    const scores = new Float32Array(queries * k);
    const [counts, outcomes, micros] = [new Uint32Array(queries), new Int32Array(queries), new Uint32Array(queries)];
    const query = [data, dtype === "f16", rowCounts, params, cancelId] as const;
    const found = addon.searchRaw(this.#id, ...query, docIds, scores, counts, outcomes, micros);
    return { docIds: filled(docIds, found), scores: filled(scores, found), counts, outcomes, micros };
  }

  /**
   * Explains the scores of documents, by position, for one query: for each document and query token the number of the document's
   * token that matches best, and its similarity. Both arrays are [positions, rows], each with a buffer of its own.
   *
   * Throws SHAPE_MISMATCH, EMPTY_QUERY, NON_FINITE, INVALID_PARAMETER for a position beyond the index, CLOSED.
   */
  explain(data: Uint8Array, dtype: "f16" | "f32", positions: Uint32Array): RawExplanation {
    const { tokens, similarities } = addon.explainRaw(this.#id, data, dtype === "f16", positions);
    // Node does not transfer memory that the addon allocated, so the arrays are copied.
    return { tokens: new Uint32Array(tokens), similarities: new Float32Array(similarities) };
  }

  /** Releases the index. The scratch memory, which all searchers of a thread share, is freed with the last of them. */
  close(): void {
    addon.closeSearcher(this.#id);
  }
}

/** The first `length` places in a buffer of their own; the array itself if it has no more. */
function filled<A extends Uint32Array<ArrayBuffer> | Float32Array<ArrayBuffer>>(array: A, length: number): A {
  return array.length === length ? array : (array.slice(0, length) as A);
}
