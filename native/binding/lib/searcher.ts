import { addon, type NativeSearcher } from "./addon.js";
import { callNative, MaxsimError } from "./errors.js";
import { resolveSearchParams, type SearchParams } from "./search-params.js";

/** Results of one call, packed: those of each query after those of the one before, filled places alone. */
export interface RawResult {
  docIds: Uint32Array;
  scores: Float32Array;
  /** Results of each query. */
  counts: Uint32Array;
  /** 0 where the query was answered, 1 where a value of it is NaN or infinite; then its count is 0. */
  failed: Int32Array;
  /** Time in native code. */
  searchMicros: number;
}

/** One thread's searcher over an index that the whole process shares. Synchronous; takes no memory per query. */
export class Searcher {
  readonly #native: NativeSearcher;

  /** Throws CLOSED if no index with this id is open. */
  constructor(indexId: number) {
    this.#native = callNative(() => new addon.NativeSearcher(indexId));
  }

  /**
   * Answers the queries whose rows are concatenated in `data`, little-endian; `rowCounts` has the rows of each. The
   * bytes need no alignment and are read where they are.
   *
   * Throws SHAPE_MISMATCH or EMPTY_QUERY where rows and bytes do not fit, INVALID_PARAMETER, CANCELLED, CLOSED.
   */
  searchRaw(
    data: Uint8Array,
    dtype: "f16" | "f32",
    rowCounts: Uint32Array,
    params: SearchParams,
    cancelId: number,
  ): RawResult {
    if (dtype !== "f16" && dtype !== "f32") {
      const message = `dtype: expected f16 or f32, got ${String(dtype)}`;
      const parts = { message, field: "dtype", expected: "f16 or f32", got: String(dtype) };
      throw new MaxsimError({ code: "INVALID_DTYPE", ...parts });
    }
    const native = resolveSearchParams(params);
    const queries = rowCounts.length;
    const docIds = new Uint32Array(queries * native.k);
    const scores = new Float32Array(queries * native.k);
    const counts = new Uint32Array(queries);
    const failed = new Int32Array(queries);
    const began = performance.now();
    const found = callNative(() =>
      this.#native.search(data, dtype === "f16", rowCounts, native, cancelId, docIds, scores, counts, failed),
    );
    const searchMicros = (performance.now() - began) * 1000;
    return { docIds: docIds.subarray(0, found), scores: scores.subarray(0, found), counts, failed, searchMicros };
  }

  /** Lets go of the index. */
  close(): void {
    this.#native.close();
  }
}
