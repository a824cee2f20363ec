/** What both sides are asked to do. Each step runs in a process of its own, so that time and memory are its own. */

export interface CorpusPaths {
  readonly vectors: string;
  readonly tokenIds: string;
  readonly doclens: string;
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
  /** Written: f32 [K, dim], and u32 [N]. */
  readonly centroids: string;
  readonly assignments: string;
}

export interface BuildSpec extends CorpusPaths {
  readonly index: string;
  readonly pqSeed: number;
  /** The reference knows 32 only. */
  readonly pqSubspaces: number;
  /** Clusters made before; the build makes its own without them. */
  readonly centroids?: string;
  readonly assignments?: string;
  /** Residual codebooks made before, f32 [256, dim]; ours alone takes them. */
  readonly codebooks?: string;
  /** Ours alone scales norms. */
  readonly scaleNorms?: false;
}

export interface SearchSpec {
  readonly index: string;
  /** f32 [rows, dim], the rows of all queries. */
  readonly queries: string;
  /** i64 [queries + 1], first row of each query. */
  readonly offsets: string;
  readonly points: readonly Point[];
  /** Prefix of what is written: `-<point>-ids.npy` and `-<point>-scores.npy`, [queries, k]. */
  readonly out: string;
}

export interface EmbeddingsSpec {
  readonly index: string;
  readonly documents: readonly number[];
  /** Written: f32 [rows, dim]. */
  readonly out: string;
}

export interface TimingSpec {
  readonly index: string;
  readonly queries: string;
  readonly offsets: string;
  /** Queries of a round, the first ones. */
  readonly most: number;
  readonly points: readonly Point[];
}

export interface Specs {
  tac: TacSpec;
  build: BuildSpec;
  search: SearchSpec;
  embeddings: EmbeddingsSpec;
  timing: TimingSpec;
}

export interface Results {
  tac: { seconds: number; centroids: number };
  build: { seconds: number; bytes: number; centroids: number };
  search: { points: number };
  embeddings: { rows: number };
}
