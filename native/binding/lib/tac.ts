import { addon, type NativeClustering, type NativeTacOptions } from "./addon.js";
import { type BuildOptions, threadCount } from "./build-options.js";
import { withSignal } from "./cancel.js";
import { awaitNative, callNative, invalidParameter, MaxsimError } from "./errors.js";
import { toHalf } from "./half.js";
import { maybeWhole, whole } from "./numbers.js";
import { type OnProgress, type Progress, progressListener } from "./progress.js";

/** Options of a clustering; what is undefined is resolved from the data when it trains. */
export interface TacOptions {
  /** Budget of centroids over all token types. Default `2^round(log2(tokens / 128))`, raised to what the types need. */
  nCentroids?: number | undefined;
  /** Rounds of k-means per token type. Default 10. */
  nIter?: number | undefined;
  /** Prints the stages to standard error. Default false. */
  verbose?: boolean | undefined;
  /** Most tokens of a type that train. Default: all, up to a million and more for large types. */
  maxSampleSize?: number | undefined;
  /** Token types with fewer tokens get one centroid. */
  microThreshold?: number | undefined;
  /** Token types with fewer tokens get two centroids. */
  smallThreshold?: number | undefined;
  /** Seed of the first centroids. Default 42. */
  seed?: number | undefined;
  /** Threads; 0 is all cores. The result does not depend on it. Default 0. */
  numThreads?: number | undefined;
  onProgress?: OnProgress | undefined;
  signal?: AbortSignal | undefined;
}

/** One token type's share of the budget. */
export interface TypeShare {
  tokenId: number;
  count: number;
  /** Mean squared distance of its tokens to their mean. */
  spread: number;
  /** Mean squared distance of its tokens to their centroids: what is left of the spread. */
  error: number;
  /** First of its centroids; they are consecutive. */
  firstCentroid: number;
  centroids: number;
}

/** Parameters a build would resolve. */
export interface AutoBuildParams {
  totalCentroids: number;
  tacMicroThreshold: number;
  tacSmallThreshold: number;
  /** Most centroids that can be filled. */
  satCap: number;
  /** Least budget of token-aware clustering. */
  minBudget: number;
  /** The budget before it was raised or capped. */
  formula: number;
  /** Whether an explicit budget above `satCap` was lowered to it. */
  capped: boolean;
}

/** Token-aware clustering: k-means within each token type, under one budget of centroids. */
export class Tac {
  readonly #options: TacOptions;
  readonly #native: NativeTacOptions;
  readonly #threads: number;
  #trained: NativeClustering | undefined;

  constructor(options: TacOptions = {}) {
    this.#options = options;
    this.#native = {
      nCentroids: maybeWhole("nCentroids", options.nCentroids),
      nIter: maybeWhole("nIter", options.nIter),
      maxSampleSize: maybeWhole("maxSampleSize", options.maxSampleSize),
      microThreshold: maybeWhole("microThreshold", options.microThreshold),
      smallThreshold: maybeWhole("smallThreshold", options.smallThreshold),
      seed: maybeWhole("seed", options.seed, 0, Number.MAX_SAFE_INTEGER),
    };
    this.#threads = threadCount(options.numThreads);
  }

  /**
   * Clusters the tokens of files (vectors [N, dim] and token ids [N], as for `Tachiom.build`), or of arrays (f16 bit
   * patterns, with `dim`). May be called again: the result before is replaced.
   */
  async train(vectors: string, tokenIds: string): Promise<void>;
  async train(vectors: Uint16Array, tokenIds: Uint32Array, dim: number): Promise<void>;
  async train(vectors: string | Uint16Array, tokenIds: string | Uint32Array, dim?: number): Promise<void> {
    const told = progressListener(this.#listener());
    const [native, threads] = [this.#native, this.#threads];
    const trained = await withSignal(this.#options.signal, (flag) =>
      awaitNative(() => {
        if (typeof vectors === "string" && typeof tokenIds === "string") {
          return addon.trainTacFromFiles(vectors, tokenIds, native, threads, flag, told);
        }
        if (vectors instanceof Uint16Array && tokenIds instanceof Uint32Array) {
          return addon.trainTacFromArrays(vectors, whole("dim", dim ?? 0, 1), tokenIds, native, threads, flag, told);
        }
        throw invalidParameter("vectors, tokenIds", "two paths, or a Uint16Array and a Uint32Array", typeof vectors);
      }),
    );
    if (trained.global && this.#options.verbose === true) {
      const budget = trained.centroids.length / trained.dim;
      process.stderr.write(
        `tac: the budget of ${budget} is below the least, ${trained.minBudget}: one global k-means ran\n`,
      );
    }
    this.#trained = trained;
  }

  /** Centroids by ascending token id, f32 [nCentroids, dim]. */
  get centroids(): Float32Array {
    return this.#result().centroids;
  }

  /** Centroids as f16 bit patterns, [nCentroids, dim]. */
  get centroidsF16(): Uint16Array {
    return toHalf(this.#result().centroids);
  }

  /** Centroid of each token, [N]. */
  get assignments(): Uint32Array {
    return this.#result().assignments;
  }

  /** Centroids made; the budget, or fewer where the tokens cannot fill it. */
  get nCentroids(): number {
    const { centroids, dim } = this.#result();
    return centroids.length / dim;
  }

  /** Values in a vector. */
  get dim(): number {
    return this.#result().dim;
  }

  /** Each token type's share; a single one with id 0 where one global k-means ran. */
  get types(): TypeShare[] {
    return JSON.parse(this.#result().types) as TypeShare[];
  }

  /** Whether the budget was below the least one, so that all tokens were clustered together. */
  get isGlobal(): boolean {
    return this.#result().global;
  }

  /** Element type of the file of vectors, if values were rounded to f16: bf16, f32 or f64. */
  get roundedFrom(): string | undefined {
    return this.#result().roundedFrom ?? undefined;
  }

  #listener(): OnProgress | undefined {
    const { verbose, onProgress } = this.#options;
    if (verbose !== true) return onProgress;
    return (progress: Progress) => {
      onProgress?.(progress);
      process.stderr.write(`tac: ${progress.stage} ${(100 * progress.fraction).toFixed(0)} %\n`);
    };
  }

  #result(): NativeClustering {
    if (this.#trained === undefined) {
      const message = "nothing is trained yet: call train() first";
      throw new MaxsimError({ code: "INVALID_INPUT", message, field: "tac", expected: "a trained Tac", got: "none" });
    }
    return this.#trained;
  }
}

/** The parameters a build would resolve for tokens with these vocabulary ids; what is given is kept. */
export function autoBuildParams(
  tokenIds: Uint32Array,
  given: Pick<BuildOptions, "totalCentroids" | "tacMicroThreshold" | "tacSmallThreshold"> = {},
): AutoBuildParams {
  const total = maybeWhole("totalCentroids", given.totalCentroids);
  const micro = maybeWhole("tacMicroThreshold", given.tacMicroThreshold);
  const small = maybeWhole("tacSmallThreshold", given.tacSmallThreshold);
  return JSON.parse(callNative(() => addon.autoBuildParams(tokenIds, total, micro, small))) as AutoBuildParams;
}
