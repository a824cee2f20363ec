import type { RawResult, SearchParams } from "@maxsimd/native";
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

/** Creates a worker's searcher of an index and answers one query with it, so that the first request finds both ready. */
export interface WarmTask {
  readonly kind: "warm";
  readonly indexId: number;
  readonly dim: number;
}

/** Releases a worker's searcher of an index. */
export interface ForgetTask {
  readonly kind: "forget";
  readonly indexId: number;
}

export type WorkerTask = SearchTask | WarmTask | ForgetTask;

/** Results of a SearchTask, transferred from the worker; a fault of the native engine as plain data; nothing otherwise. */
export type WorkerReply = RawResult | { readonly fault: NativeFault } | undefined;
