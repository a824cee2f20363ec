import { TIERS, type Tier } from "../tier.js";
import type { TokenTypeRow } from "../token-type-row.js";

/** The types of a tier together, and their shares of the whole, 0 to 1. */
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
  const all = { types: rows.length, tokens: total(rows, "count"), centroids: total(rows, "centroids") };
  const summarise = (tier: TierSummary["tier"], of: readonly TokenTypeRow[]): TierSummary => {
    const [types, tokens, centroids] = [of.length, total(of, "count"), total(of, "centroids")];
    return {
      ...{ tier, types, tokens, centroids },
      typeShare: ratio(types, all.types),
      tokenShare: ratio(tokens, all.tokens),
      centroidShare: ratio(centroids, all.centroids),
      tokensPerCentroid: ratio(tokens, centroids),
      spread: ratio(weighted(of, "spread"), tokens),
      error: ratio(weighted(of, "error"), tokens),
    };
  };
  const tiers = TIERS.map((tier) =>
    summarise(
      tier,
      rows.filter((row) => row.tier === tier),
    ),
  );
  return [...tiers, summarise("all", rows)];
}

function total(rows: readonly TokenTypeRow[], field: "count" | "centroids"): number {
  return rows.reduce((sum, row) => sum + row[field], 0);
}

function weighted(rows: readonly TokenTypeRow[], field: "spread" | "error"): number {
  return rows.reduce((sum, row) => sum + row[field] * row.count, 0);
}

/** 0 where there is nothing to divide by: an empty tier has no tokens and no centroids. */
function ratio(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}
