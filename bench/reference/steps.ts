/** The steps that both engines run. Each runs in a process of its own, so that its time and memory can be measured. */

/** A set of search parameters, with the number of results. */
export interface Point {
  readonly k: number;
  readonly kCentroids: number;
  readonly kDocsToScore: number;
  readonly efSearch: number;
  readonly alpha: number | null;
}

/** The specification of each step. */
export interface Specs {
  /** Exact MaxSim, by maxsimd only. */
  exact: {
    readonly vectors: string;
    readonly doclens: string;
    readonly queries: string;
    readonly queryLens: string;
    readonly k: number;
    /** Prefix of the output files, `-0-ids.npy` and `-0-scores.npy`, [queries, k]. */
    readonly out: string;
  };
  tac: {
    readonly vectors: string;
    readonly tokenIds: string;
    readonly nCentroids: number;
    readonly microThreshold: number;
    readonly smallThreshold: number;
    /** Output files: f32 [K, dim], and u32 [N]. */
    readonly centroids: string;
    readonly assignments: string;
  };
  build: {
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
  };
  search: {
    readonly index: string;
    readonly queries: string;
    readonly queryLens: string;
    readonly points: readonly Point[];
    /** Prefix of the output files, `-<point>-ids.npy` and `-<point>-scores.npy`, [queries, k]. */
    readonly out: string;
  };
  embeddings: {
    readonly index: string;
    readonly documents: readonly number[];
    /** Output file: f32 [rows, dim]. */
    readonly out: string;
  };
  timing: {
    readonly index: string;
    readonly queries: string;
    readonly queryLens: string;
    /** Number of queries that are timed, from the first. */
    readonly most: number;
    readonly points: readonly Point[];
  };
}

/** What a step prints. The other steps write files only. */
export interface Results {
  /** `spreads`, by maxsimd only: mean squared distance of the tokens of each type to their mean, types by ascending id. */
  tac: { seconds: number; centroids: number; spreads?: number[] };
  build: { seconds: number; bytes: number };
}
