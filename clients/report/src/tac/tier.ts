import { html, type Markup } from "../page/markup.js";
import { COLOR } from "../page/plot-theme.js";

/** Class of a token type by its number of tokens: micro types get one centroid, small ones two, active ones share the rest. */
export type Tier = "micro" | "small" | "active";

export const TIERS: readonly Tier[] = ["micro", "small", "active"];

/** Types with fewer tokens than `micro` are micro, types with fewer than `small` are small, all others are active. */
export interface Thresholds {
  readonly micro: number;
  readonly small: number;
}

export function tierOf(count: number, { micro, small }: Thresholds): Tier {
  if (count < micro) return "micro";
  return count < small ? "small" : "active";
}

/** The number of tokens of a type of that tier. */
export function tierRange(tier: Tier, { micro, small }: Thresholds): string {
  if (tier === "micro") return `1 to ${micro - 1} tokens`;
  return tier === "small" ? `${micro} to ${small - 1} tokens` : `${small} tokens and more`;
}

/** A tier's name next to its colour; "all" has no colour. */
export function tierLabel(tier: Tier | "all"): Markup | string {
  return tier === "all" ? tier : html`<span class="chip" style="--color: ${COLOR[tier]}">${tier}</span>`;
}

/** The colours of the tiers, for the scale of a plot. */
export const TIER_COLORS = { domain: [...TIERS], range: TIERS.map((tier) => COLOR[tier]) };
