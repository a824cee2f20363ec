/** The indexes that are built and compared. Their parameters are those of their figures in the record. */

/** maxsimd is this repository, tachiom the published package. */
export const ENGINES = ["maxsimd", "tachiom"] as const;
export type Engine = (typeof ENGINES)[number];
export type ByEngine<T> = Readonly<Record<Engine, T>>;

/** How an index is built. Where undefined: seed 42, 32 subspaces, the engine's own codebooks and norms. */
export type BuildParameters = {
  /** `own`: the engine clusters the tokens itself. `reference`: it builds from tachiom's clusters. */
  readonly clusters: "own" | "reference";
  readonly seed?: number;
  readonly subspaces?: number;
  /** Uses the residual codebooks of tachiom's index on the same clusters. */
  readonly codebooks?: "reference";
  /** Computes norms as tachiom does. */
  readonly norms?: "reference";
};

export interface Variant {
  readonly engine: Engine;
  readonly build: BuildParameters;
}

export const OWN = { clusters: "own" } as const;
export const SAME = { clusters: "reference" } as const;
/** Another seed for the codebooks: shows how far two indexes of tachiom agree. */
export const RESEEDED = { ...SAME, seed: 43 } as const;
export const FINER = { ...SAME, subspaces: 64 } as const;
/** With tachiom's codebooks, and then its norms, what still differs is the engine. */
export const CODEBOOKS = { ...SAME, codebooks: "reference" } as const;
export const NORMS = { ...CODEBOOKS, norms: "reference" } as const;

/** In the order of building. Indexes on the same clusters are compared with the first of them. */
export const WITH_OWN_CLUSTERS: readonly Variant[] = [
  { engine: "tachiom", build: OWN },
  { engine: "maxsimd", build: OWN },
];
export const WITH_SAME_CLUSTERS: readonly Variant[] = [
  { engine: "tachiom", build: SAME },
  { engine: "tachiom", build: RESEEDED },
  ...[SAME, FINER, CODEBOOKS, NORMS].map((build) => ({ engine: "maxsimd", build }) as const),
];
