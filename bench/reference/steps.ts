/** The steps that both engines run. Each runs in a process of its own, so that its time and memory can be measured. */

/** Exact MaxSim, by maxsimd only. */
export interface ExactSpec {
  readonly vectors: string;
  readonly doclens: string;
  readonly queries: string;
  readonly queryLens: string;
  readonly k: number;
  /** Prefix of the output files, `-0-ids.npy` and `-0-scores.npy`, [queries, k]. */
  readonly out: string;
}

/** A set of search parameters, with the number of results. */
export interface Point {
  readonly k: number;
  readonly kCentroids: number;
  readonly kDocsToScore: number;
  readonly efSearch: number;
  readonly alpha: number | null;
}

export interface TacSpec {
  readonly vectors: string;
  readonly tokenIds: string;
  readonly nCentroids: number;
  readonly microThreshold: number;
  readonly smallThreshold: number;
  /** Output files: f32 [K, dim], and u32 [N]. */
  readonly centroids: string;
  readonly assignments: string;
}

export interface BuildSpec {
  readonly vectors: string;
  readonly tokenIds: string;
  readonly doclens: string;
  readonly index: string;
  readonly pqSeed: number;
  /** The reference supports 32 only. */
  readonly pqSubspaces: number;
  /** Clusters to build from. Without them, the build makes its own. */
  readonly centroids?: string;
  readonly assignments?: string;
  /** Residual codebooks to build with, f32 [256, dim]. Supported by maxsimd only. */
  readonly codebooks?: string;
  /** maxsimd only: false computes norms as the reference does. */
  readonly scaleNorms?: false;
}

export interface SearchSpec {
  readonly index: string;
  readonly queries: string;
  readonly queryLens: string;
  readonly points: readonly Point[];
  /** Prefix of the output files, `-<point>-ids.npy` and `-<point>-scores.npy`, [queries, k]. */
  readonly out: string;
}

export interface EmbeddingsSpec {
  readonly index: string;
  readonly documents: readonly number[];
  /** Output file: f32 [rows, dim]. */
  readonly out: string;
}

export interface TimingSpec {
  readonly index: string;
  readonly queries: string;
  readonly queryLens: string;
  /** Number of queries that are timed, from the first. */
  readonly most: number;
  readonly points: readonly Point[];
}

export interface Specs {
  exact: ExactSpec;
  tac: TacSpec;
  build: BuildSpec;
  search: SearchSpec;
  embeddings: EmbeddingsSpec;
  timing: TimingSpec;
}

export interface Results {
  exact: { queries: number };
  /** `spreads`, by maxsimd only: mean squared distance of the tokens of each type to their mean, types by ascending id. */
  tac: { seconds: number; centroids: number; spreads?: number[] };
  build: { seconds: number; bytes: number; centroids: number };
  search: { points: number };
  embeddings: { rows: number };
}
