import type { NativeBuildOptions } from "./addon.js";
import { invalidParameter } from "./errors.js";
import { maybeWhole } from "./numbers.js";
import type { OnProgress } from "./progress.js";

/** How to build; what is undefined takes the default. Names and meaning are the reference's. */
export interface BuildOptions {
  /** Where the segment file goes. Default: a temporary file that lives as long as the index is open. */
  output?: string | undefined;
  /** Budget of coarse centroids. Default `2^round(log2(tokens / 128))`, raised to what the token types need. */
  totalCentroids?: number | undefined;
  /** Rounds of k-means per token type. Default 10. */
  tacNIter?: number | undefined;
  /** Token types with fewer tokens get one centroid. Default `2^round(log2(tokens^0.25))`, 32 to 128. */
  tacMicroThreshold?: number | undefined;
  /** Token types with fewer tokens get two centroids. Default twice `tacMicroThreshold`. */
  tacSmallThreshold?: number | undefined;
  /** Most tokens of a type that train its centroids. Default: all, up to a million and more for large types. */
  maxSampleSize?: number | undefined;
  /** Tokens that train the residual codebooks. Default 10,000,000. */
  pqSampleSize?: number | undefined;
  /** Rounds of k-means of the residual codebooks. Default 10. */
  pqNIter?: number | undefined;
  /** Whether residuals are scaled to norm 1 before they are coded. Default true. */
  normalize?: boolean | undefined;
  /**
   * Whether the norms of coded residuals are scaled so that scores come out right on average, which the reference's do not:
   * half the error of a score, and 0.007 more of recall@10 on full Cranfield. Default true; no effect without `normalize`.
   */
  scaleNorms?: boolean | undefined;
  /** Seed of everything that is drawn. Default 42. */
  pqSeed?: number | undefined;
  /** Residual codebooks, 1 to 256; a token's code has as many bytes. Default 32; never more than dim. */
  pqSubspaces?: number | undefined;
  /**
   * `.npy` of residual codebooks to code with, instead of training them: f32 [256, dim], row `w` holding word `w` of every
   * subspace, as {@link Tachiom.getCodebooks} gives them. Indexes with the same codebooks err alike.
   */
  codebooks?: string | undefined;
  /** Links of a graph node; the base level has twice as many. Default 32. */
  hnswM?: number | undefined;
  /** Beam width while the graph is built. Default 1500. */
  efConstruction?: number | undefined;
  /** Whether the mean of all tokens is taken from each; scores get it back. Default true. */
  centerDataset?: boolean | undefined;
  /** A corpus of fewer tokens is kept whole and scanned exactly. Default 4096. */
  exactBelow?: number | undefined;
  /**
   * Most anonymous memory in bytes; mapped input pages do not count. Fewer threads are used where that makes it fit; a
   * budget that cannot hold is refused with MEMORY, which says the least that would do. Default: no limit.
   */
  maxMemory?: number | undefined;
  /** Threads; 0 is all cores. The file does not depend on it. Default 0. */
  numThreads?: number | undefined;
  /** Told of progress, at most some twenty times a second. */
  onProgress?: OnProgress | undefined;
  /** Stops the build within 100 ms and leaves no file. */
  signal?: AbortSignal | undefined;
}

/** Checks the numbers. Ranges are checked where they are used, and reported by the same names. */
export function nativeBuildOptions(options: BuildOptions): NativeBuildOptions {
  const flag = (name: "normalize" | "scaleNorms" | "centerDataset") => {
    const value = options[name];
    if (value !== undefined && typeof value !== "boolean") throw invalidParameter(name, "true or false", value);
    return value;
  };
  const { codebooks } = options;
  if (codebooks !== undefined && typeof codebooks !== "string") {
    throw invalidParameter("codebooks", "the path of a file", codebooks);
  }
  return {
    totalCentroids: maybeWhole("totalCentroids", options.totalCentroids),
    tacNIter: maybeWhole("tacNIter", options.tacNIter),
    tacMicroThreshold: maybeWhole("tacMicroThreshold", options.tacMicroThreshold),
    tacSmallThreshold: maybeWhole("tacSmallThreshold", options.tacSmallThreshold),
    maxSampleSize: maybeWhole("maxSampleSize", options.maxSampleSize),
    pqSampleSize: maybeWhole("pqSampleSize", options.pqSampleSize),
    pqNIter: maybeWhole("pqNIter", options.pqNIter),
    normalize: flag("normalize"),
    scaleNorms: flag("scaleNorms"),
    pqSeed: maybeWhole("pqSeed", options.pqSeed, 0, Number.MAX_SAFE_INTEGER),
    pqSubspaces: maybeWhole("pqSubspaces", options.pqSubspaces, 1, 256),
    hnswM: maybeWhole("hnswM", options.hnswM),
    efConstruction: maybeWhole("efConstruction", options.efConstruction),
    centerDataset: flag("centerDataset"),
    exactBelow: maybeWhole("exactBelow", options.exactBelow, 0),
    maxMemory: maybeWhole("maxMemory", options.maxMemory, 1, Number.MAX_SAFE_INTEGER),
    codebooks,
  };
}

/** Number of threads of a call. */
export function threadCount(numThreads: number | undefined): number {
  return maybeWhole("numThreads", numThreads, 0, 1024) ?? 0;
}
