import type { NamedPoint } from "./grid.js";
import type { Errors } from "./quantisation.js";
import type { Agreement } from "./rankings.js";

/** A figure of both sides. */
export interface Both<T> {
  readonly ours: T;
  readonly reference: T;
}

export interface TacFigures {
  readonly centroids: number;
  readonly seconds: number;
  readonly errors: Errors;
}

/** How the shares of the token types compare. */
export interface AllocationFigures {
  readonly types: number;
  readonly activeTypes: number;
  readonly differing: number;
  /** Of these, types that the formulas do not decide. */
  readonly differingTies: number;
  /** Centroids of an active type on either side, and how many types have that pair. */
  readonly pairs: readonly { ours: number; reference: number; types: number }[];
}

/** `whole`: each side makes its own clusters. `same`: both build from the reference's. */
export type Group = "whole" | "same";

/** An index that was built. */
export interface Variant {
  readonly group: Group;
  readonly side: "ours" | "reference";
  readonly pqSeed: number;
  readonly pqSubspaces: number;
  /** Whose residual codebooks code it: its own, or those that the reference trained on the same clusters. */
  readonly codebooks?: "reference";
  /** Whether norms are kept as the reference keeps them. */
  readonly plainNorms?: boolean;
}

export interface BuildFigures extends Variant {
  readonly seconds: number;
  readonly bytes: number;
  readonly centroids: number;
  readonly peakAnonymousBytes: number;
  readonly measuredAt: string;
  /** Mean squared distance of tokens to what the index gives back for them. */
  readonly reconstruction: number;
  /** recall@10 at each point of the grid. */
  readonly recalls: readonly number[];
  /** With the reference's index of the same group at seed 42, over all documents that both scored. */
  readonly agreement: Agreement;
  /** With exact MaxSim, over its hundred best. */
  readonly exactAgreement: Agreement;
  /** Mean of this index's score less the exact one, after the shift by centring was given back. */
  readonly exactDifference: number;
  /** Mean of the reference's score less this index's, after the shift by centring was given back. */
  readonly scoreDifference: number;
}

/** Time of one query on one thread, for each point of the grid: the median over rounds, and that of ours / reference. */
export interface TimingFigures extends Both<readonly number[]> {
  readonly ratio: readonly number[];
  readonly rounds: number;
  readonly queries: number;
}

export interface Comparison {
  readonly dataset: string;
  readonly documents: number;
  readonly tokens: number;
  readonly dim: number;
  readonly vectorBytes: number;
  readonly queries: number;
  readonly measuredAt: string;
  readonly versions: Both<string>;
  readonly thresholds: { micro: number; small: number };
  readonly budget: number;
  readonly tac: Both<TacFigures>;
  readonly allocation: AllocationFigures;
  readonly grid: readonly NamedPoint[];
  readonly builds: readonly BuildFigures[];
  readonly timing: TimingFigures;
}

/** The index of a group that stands for a side: seed 42, 32 subspaces, codebooks of its own. */
export function findBuild(comparison: Comparison, group: Group, side: Variant["side"]): BuildFigures | undefined {
  return comparison.builds.find(
    (build) =>
      build.group === group &&
      build.side === side &&
      build.pqSeed === 42 &&
      build.pqSubspaces === 32 &&
      build.codebooks === undefined,
  );
}

/** Our index with the reference's clusters and codebooks. */
export function findGiven({ builds }: Comparison, plainNorms: boolean): BuildFigures | undefined {
  return builds.find((build) => build.codebooks === "reference" && (build.plainNorms ?? false) === plainNorms);
}

export function nameVariant({ side, pqSeed, pqSubspaces, codebooks, plainNorms }: Variant): string {
  const seed = pqSeed === 42 ? "" : `, seed ${pqSeed}`;
  const subspaces = pqSubspaces === 32 ? "" : `, ${pqSubspaces} subspaces`;
  const given = codebooks === undefined ? "" : ", the reference's codebooks";
  return `${side}${seed}${subspaces}${given}${plainNorms ? " and norms" : ""}`;
}
