// @maxsimd/native: the index in this process.

import { addon } from "./addon.js";
import { callNative } from "./errors.js";

export type { BuildOptions } from "./build-options.js";
export { cancel, createCancelToken, releaseCancelToken } from "./cancel.js";
export { type ErrorCode, type ErrorParts, MaxsimError } from "./errors.js";
export { exactMaxSim } from "./exact.js";
export { toHalf } from "./half.js";
export {
  type ArrayShape,
  arrayNames,
  arrayShape,
  type NpyArray,
  type NpyData,
  type NpyDtype,
  readNpy,
  writeNpy,
} from "./npy.js";
export type { OnProgress, Progress } from "./progress.js";
export { SEARCH_DEFAULTS, type SearchParams } from "./search-params.js";
export { type RawResult, Searcher } from "./searcher.js";
export { type AutoBuildParams, autoBuildParams, Tac, type TacOptions, type TypeShare } from "./tac.js";
export {
  type BatchOptions,
  type BuildEstimate,
  type IndexInfo,
  type MeanSearchResult,
  type SearchResult,
  type SpaceUsage,
  Tachiom,
  type TokenType,
} from "./tachiom.js";
export type { Tokens } from "./tokens.js";

/** Version of the native library. */
export function version(): string {
  return addon.version();
}

/** Kernels chosen for this processor: portable, avx2 or avx512. All give the same bits. */
export function kernels(): string {
  return addon.kernels();
}

/**
 * Gives back to the kernel what is resident of the running program's own file, code and constants. It stays in the page cache,
 * and what is still needed comes back when it is touched: of Node's 43 MB about half. For a process that has started and will
 * run for long. Returns the number of bytes that were resident; 0 elsewhere than on Linux. Throws MaxsimError `IO` if the
 * system refuses.
 */
export function releaseProgramPages(): number {
  return callNative(() => addon.releaseProgramPages());
}
