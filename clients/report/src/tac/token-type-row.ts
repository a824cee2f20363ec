import type { TypeShare } from "@maxsimd/native";
import { type Thresholds, type Tier, tierOf } from "./tier.js";

/** One token type, with its centroids and how well they fit. */
export interface TokenTypeRow extends Omit<TypeShare, "firstCentroid"> {
  /** Text of the token; null without a vocabulary. */
  readonly text: string | null;
  readonly tier: Tier;
}

/** Joins each type's share of the centroids with its tier and its text. */
export function tokenTypeRows(
  shares: readonly TypeShare[],
  thresholds: Thresholds,
  texts: readonly string[],
): TokenTypeRow[] {
  return shares.map(({ firstCentroid: _, ...share }) => ({
    ...share,
    text: texts[share.tokenId] ?? null,
    tier: tierOf(share.count, thresholds),
  }));
}
