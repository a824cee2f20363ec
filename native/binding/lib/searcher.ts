import { addon, type NativeSearcher } from "./addon.js";
import { callNative, MaxsimError } from "./errors.js";
import { resolveSearchParams, type SearchParams } from "./search-params.js";

/**
 * Results of one call: those of each query follow those of the query before it. Each array has a buffer of its own that is
 * exactly as long as the array, so that a thread can transfer the arrays to another.
 */
export interface RawResult {
  docIds: Uint32Array<ArrayBuffer>;
  scores: Float32Array<ArrayBuffer>;
  /** Number of results of each query. */
  counts: Uint32Array<ArrayBuffer>;
  /** Per query: 0 if it was answered, 1 if it holds a NaN or an infinity; its count is then 0. */
  failed: Int32Array<ArrayBuffer>;
  /** Per query: microseconds in native code, from the conversion of its bytes to its results. */
  micros: Uint32Array<ArrayBuffer>;
}

/**
 * Closed native searchers of this thread, to be opened again. Node frees native objects from the event loop; a worker thread
 * that waits for tasks with `Atomics.wait` never reaches it, so that each object made there stays for good.
 */
const closed: NativeSearcher[] = [];

/** One thread's searcher over an index that the whole process shares. Synchronous; allocates no scratch memory per query. */
export class Searcher {
  #native: NativeSearcher | undefined;

  /** Throws CLOSED if no index with this id is open. */
  constructor(indexId: number) {
    const native = closed.pop() ?? new addon.NativeSearcher();
    try {
      callNative(() => native.open(indexId));
    } catch (error) {
      closed.push(native);
      throw error;
    }
    this.#native = native;
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
    const native = this.#native;
    if (native === undefined) {
      const parts = { message: "the searcher is closed", field: "", expected: "an open searcher", got: "a closed one" };
      throw new MaxsimError({ code: "CLOSED", ...parts });
    }
    const resolved = resolveSearchParams(params);
    const queries = rowCounts.length;
    const docIds = new Uint32Array(queries * resolved.k);
    const scores = new Float32Array(queries * resolved.k);
    const counts = new Uint32Array(queries);
    const failed = new Int32Array(queries);
    const micros = new Uint32Array(queries);
    const found = callNative(() =>
      native.search(data, dtype === "f16", rowCounts, resolved, cancelId, docIds, scores, counts, failed, micros),
    );
    return { docIds: filled(docIds, found), scores: filled(scores, found), counts, failed, micros };
  }

  /** Lets go of the index and frees the scratch buffers. Safe to call again. */
  close(): void {
    if (this.#native !== undefined) {
      this.#native.close();
      closed.push(this.#native);
      this.#native = undefined;
    }
  }
}

/** The first `length` places in a buffer of their own; the array itself if it has no more. */
function filled<A extends Uint32Array<ArrayBuffer> | Float32Array<ArrayBuffer>>(array: A, length: number): A {
  return array.length === length ? array : (array.slice(0, length) as A);
}
