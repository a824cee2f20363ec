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

/** Makes a worker's searcher of an index and answers one query with it, so that the first request finds both ready. */
export interface WarmTask {
  readonly kind: "warm";
  readonly indexId: number;
  readonly dim: number;
}

/** Lets go of a worker's searcher of an index. */
export interface ForgetTask {
  readonly kind: "forget";
  readonly indexId: number;
}

export type WorkerTask = SearchTask | WarmTask | ForgetTask;

/** Results of a SearchTask, transferred from the worker; see RawResult. */
export type SearchReply = RawResult;

export type WorkerReply = SearchReply | { readonly fault: NativeFault } | undefined;
