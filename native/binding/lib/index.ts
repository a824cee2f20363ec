// @maxsimd/native: the index in this process.

import { addon } from "./addon.js";

export type {
  AutoBuildParams,
  BuildEstimate,
  Change,
  CollectionVersion,
  Drift,
  IndexInfo,
  Removed,
  SearchParams as RawSearchParams,
  SearchResult,
  SpaceUsage,
  TokenType,
  TypeShare,
} from "../gen/addon.js";
export { cancel, createCancelToken, releaseCancelToken } from "./cancel.js";
export { type ChangeOptions, Collection, type Documents, storeCurrent } from "./collection.js";
export { type ErrorCode, type ErrorParts, MaxsimError } from "./errors.js";
export type { AttributeType, Filter, FilterValue } from "./filter.js";
export { filterJson } from "./filter.js";
export {
  type BatchOptions,
  type BuildOptions,
  type Explanation,
  exactMaxSim,
  Index,
  // The name that the reference gives this class.
  Index as Tachiom,
  type IndexCondition,
  type MeanSearchResult,
  type SearchParams,
  type WhyNot,
} from "./index-file.js";
export { inflate } from "./inflate.js";
export { machineMemory } from "./memory.js";
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
export { OUTCOME, type RawExplanation, type RawResult, SEARCH_DEFAULTS, Searcher } from "./searcher.js";
export { Sweep } from "./sweep.js";
export { autoBuildParams, Tac, type TacOptions } from "./tac.js";
export { TokenBuffer } from "./token-buffer.js";
export type { Tokens } from "./tokens.js";

/** Version of the native library. */
export const version = (): string => addon.version();

/** The kernels that were chosen for this processor: portable, avx2 or avx512. All give the same bits. */
export const kernels = (): string => addon.kernels();

/**
 * Ends the process with `code` after `ms` milliseconds, unless it has ended before. Waits for no thread and runs no exit handlers.
 * `process.exit` waits for worker threads, also for one that native code keeps. Returns at once.
 */
export const exitWithin = (ms: number, code: number): void => addon.exitWithin(ms, code);

/**
 * Gives the free pages of the C library's heap back to the system; returns whether there were any. Takes 1 to 20 ms. Does something
 * with glibc alone, and returns false elsewhere.
 */
export const trimMemory = (): boolean => addon.trimMemory();

/** The nearest f16 of each value, as bit patterns: ties to even, values beyond the range to infinity. */
export const toHalf = (values: Float32Array): Uint16Array => addon.toHalf(values);
