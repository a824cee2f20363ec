import type { SearchParams } from "@maxsimd/native";
import type { NativeFault } from "../errors/from-native.js";
import type { TokenType } from "./query.js";

/** Queries handed to a worker thread together: one index, one set of parameters, one dtype. */
export interface SearchTask {
  readonly kind: "search";
  readonly indexId: number;
  readonly dtype: TokenType;
  /** Concatenated rows of all queries; its buffer is transferred. */
  readonly data: Uint8Array;
  readonly rowCounts: Uint32Array;
  readonly params: SearchParams;
  readonly cancelId: number;
}

/** Lets go of a worker's searcher of an index. */
export interface ForgetTask {
  readonly kind: "forget";
  readonly indexId: number;
}

export type WorkerTask = SearchTask | ForgetTask;

/** Packed results of a SearchTask: `counts[i]` places of docIds and scores for query i, in order. */
export interface SearchReply {
  readonly docIds: Uint32Array;
  readonly scores: Float32Array;
  readonly counts: Uint32Array;
  /** Per query: 0 = answered, 1 = it holds a NaN or infinity. */
  readonly failed: Int32Array;
  readonly searchMicros: number;
}

export type WorkerReply = SearchReply | { readonly fault: NativeFault } | undefined;
