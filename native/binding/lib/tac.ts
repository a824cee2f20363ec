import type { AutoBuildParams, Clustering, TacParameters, TypeShare } from "../gen/addon.js";
import { addon } from "./addon.js";
import { withSignal } from "./cancel.js";
import { MaxsimError } from "./errors.js";
import type { BuildOptions } from "./index-file.js";
import { type OnProgress, progressListener } from "./progress.js";

/** How to cluster. An absent parameter is resolved from the data when `train` runs. */
export interface TacOptions extends TacParameters {
  /** Prints the stages to standard error. Default false. */
  verbose?: boolean | undefined;
  /** Number of threads; 0 uses all cores. The result does not depend on it. Default 0. */
  numThreads?: number | undefined;
  onProgress?: OnProgress | undefined;
  signal?: AbortSignal | undefined;
}

/** Token-aware clustering: k-means within each token type, with one budget of centroids for all types. */
export class Tac {
  readonly #options: TacOptions;
  #trained: Clustering | undefined;

  constructor(options: TacOptions = {}) {
    this.#options = options;
  }

  /**
   * Clusters the tokens of files (vectors [tokens, dim] and token ids [tokens], as for `Index.build`), or of arrays (f16 bit
   * patterns, with `dim`). A second call replaces the result of the first.
   */
  async train(vectors: string, tokenIds: string): Promise<void>;
  async train(vectors: Uint16Array, tokenIds: Uint32Array, dim: number): Promise<void>;
  async train(vectors: string | Uint16Array, tokenIds: string | Uint32Array, dim?: number): Promise<void> {
    const { verbose, numThreads, onProgress, signal, ...parameters } = this.#options;
    const print = (line: string) => verbose === true && process.stderr.write(`tac: ${line}\n`);
    const listener = progressListener((progress) => {
      onProgress?.(progress);
      print(`${progress.stage} ${(100 * progress.fraction).toFixed(0)} %`);
    });
    const trained = await withSignal(signal, (flag) =>
      addon.trainTac({ vectors, tokenIds, dim }, parameters, numThreads, flag, listener),
    );
    if (trained.global) {
      const budget = trained.centroids.length / trained.dim;
      print(`the budget of ${budget} is below the least, ${trained.minBudget}: one global k-means ran`);
    }
    this.#trained = trained;
  }

  /** Centroids by ascending token id, f32 [nCentroids, dim]. */
  get centroids(): Float32Array {
    return this.#result().centroids;
  }

  /** Centroids as f16 bit patterns, [nCentroids, dim]. */
  get centroidsF16(): Uint16Array {
    return addon.toHalf(this.#result().centroids);
  }

  /** Centroid of each token, [N]. */
  get assignments(): Uint32Array {
    return this.#result().assignments;
  }

  /** Number of centroids: the budget, or fewer if the tokens cannot fill it. */
  get nCentroids(): number {
    const { centroids, dim } = this.#result();
    return centroids.length / dim;
  }

  /** Number of values in a vector. */
  get dim(): number {
    return this.#result().dim;
  }

  /** Each token type's share; a single one with id 0 if one global k-means ran. */
  get types(): TypeShare[] {
    return this.#result().types;
  }

  /** Whether the budget was below the least one, so that all tokens were clustered together. */
  get isGlobal(): boolean {
    return this.#result().global;
  }

  /** Element type of the file of vectors, if values were rounded to f16: bf16, f32 or f64. */
  get roundedFrom(): string | undefined {
    return this.#result().roundedFrom;
  }

  #result(): Clustering {
    if (this.#trained === undefined) {
      const message = "nothing is trained yet: call train() first";
      throw new MaxsimError({
        code: "INVALID_INPUT",
        message,
        field: "tac",
        expected: "a trained Tac",
        got: "an untrained one",
      });
    }
    return this.#trained;
  }
}

/** The parameters that a build resolves for tokens with these vocabulary ids. Given parameters are kept. */
export function autoBuildParams(
  tokenIds: Uint32Array,
  given: Pick<BuildOptions, "totalCentroids" | "tacMicroThreshold" | "tacSmallThreshold"> = {},
): AutoBuildParams {
  const { totalCentroids, tacMicroThreshold, tacSmallThreshold } = given;
  return addon.autoBuildParams(tokenIds, totalCentroids, tacMicroThreshold, tacSmallThreshold);
}
