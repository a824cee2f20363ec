import { TIERS, type Tier } from "../tier.js";
import type { TokenTypeRow } from "../token-type-row.js";

/** The types of a tier together, and their shares of all types, 0 to 1. */
export interface TierSummary {
  readonly tier: Tier | "all";
  readonly types: number;
  readonly tokens: number;
  readonly centroids: number;
  readonly typeShare: number;
  readonly tokenShare: number;
  readonly centroidShare: number;
  readonly tokensPerCentroid: number;
  /** Mean over tokens of the squared distance to their type's mean. */
  readonly spread: number;
  /** Mean over tokens of the squared distance to their centroid. */
  readonly error: number;
}

/** Each tier, and all together as the last. */
export function summariseTiers(rows: readonly TokenTypeRow[]): TierSummary[] {
  const all = totals(rows);
  const summarise = (tier: TierSummary["tier"], of: readonly TokenTypeRow[]): TierSummary => {
    const { types, tokens, centroids, spread, error } = totals(of);
    return {
      ...{ tier, types, tokens, centroids, spread, error },
      typeShare: ratio(types, all.types),
      tokenShare: ratio(tokens, all.tokens),
      centroidShare: ratio(centroids, all.centroids),
      tokensPerCentroid: ratio(tokens, centroids),
    };
  };
  const ofTier = (tier: Tier) => rows.filter((row) => row.tier === tier);
  return [...TIERS.map((tier) => summarise(tier, ofTier(tier))), summarise("all", rows)];
}

/** Sums over types, and the means over their tokens. */
export function totals(rows: readonly TokenTypeRow[]) {
  const sum = (value: (row: TokenTypeRow) => number) => rows.reduce((total, row) => total + value(row), 0);
  const tokens = sum(({ count }) => count);
  return {
    types: rows.length,
    tokens,
    centroids: sum(({ centroids }) => centroids),
    spread: ratio(
      sum(({ spread, count }) => spread * count),
      tokens,
    ),
    error: ratio(
      sum(({ error, count }) => error * count),
      tokens,
    ),
  };
}

/** 0 for an empty tier, which has no tokens and no centroids. */
function ratio(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}
