import type { TypeShare } from "@maxsimd/native";
import { type Thresholds, type Tier, tierOf } from "./tier.js";

/** One token type, with what clustering gave it and how well that fits. */
export interface TokenTypeRow {
  readonly tokenId: number;
  /** Text of the token; null where no vocabulary is known. */
  readonly text: string | null;
  readonly tier: Tier;
  /** Number of its tokens. */
  readonly count: number;
  readonly centroids: number;
  /** Mean squared distance of its tokens to their mean. */
  readonly spread: number;
  /** Mean squared distance of its tokens to their centroids: what is left of the spread. */
  readonly error: number;
}

/** Joins each type's share with the error that was measured for it and with its text. */
export function tokenTypeRows(
  shares: readonly TypeShare[],
  thresholds: Thresholds,
  errors: ReadonlyMap<number, number>,
  texts: readonly string[],
): TokenTypeRow[] {
  return shares.map(({ tokenId, count, centroids, spread }) => ({
    tokenId,
    text: texts[tokenId] ?? null,
    tier: tierOf(count, thresholds),
    count,
    centroids,
    spread,
    error: errors.get(tokenId) ?? 0,
  }));
}
