import { TIERS, type Tier } from "../tier.js";
import type { TokenTypeRow } from "../token-type-row.js";

/** Several types together. */
export interface Totals {
  readonly types: number;
  readonly tokens: number;
  readonly centroids: number;
  /** Mean over tokens of the squared distance to their type's mean. */
  readonly spread: number;
  /** Mean over tokens of the squared distance to their centroid. */
  readonly error: number;
}

/** The types of a tier together, and their shares of all types, 0 to 1. */
export interface TierSummary extends Totals {
  readonly tier: Tier | "all";
  readonly typeShare: number;
  readonly tokenShare: number;
  readonly centroidShare: number;
  readonly tokensPerCentroid: number;
}

/** Each tier, and all together as the last. */
export function summariseTiers(rows: readonly TokenTypeRow[]): TierSummary[] {
  const all = totals(rows);
  const summarise = (tier: TierSummary["tier"], of: readonly TokenTypeRow[]): TierSummary => {
    const some = totals(of);
    return {
      ...{ tier, ...some },
      typeShare: ratio(some.types, all.types),
      tokenShare: ratio(some.tokens, all.tokens),
      centroidShare: ratio(some.centroids, all.centroids),
      tokensPerCentroid: ratio(some.tokens, some.centroids),
    };
  };
  const ofTier = (tier: Tier) => rows.filter((row) => row.tier === tier);
  return [...TIERS.map((tier) => summarise(tier, ofTier(tier))), summarise("all", rows)];
}

/** Sums over types, and the means over their tokens. */
export function totals(rows: readonly TokenTypeRow[]): Totals {
  const sum = (value: (row: TokenTypeRow) => number) => rows.reduce((total, row) => total + value(row), 0);
  const tokens = sum(({ count }) => count);
  const mean = (value: (row: TokenTypeRow) => number) =>
    ratio(
      sum((row) => value(row) * row.count),
      tokens,
    );
  return {
    types: rows.length,
    tokens,
    centroids: sum(({ centroids }) => centroids),
    spread: mean(({ spread }) => spread),
    error: mean(({ error }) => error),
  };
}

/** 0 for an empty tier, which has no tokens and no centroids. */
function ratio(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}
