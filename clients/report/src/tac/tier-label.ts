import { html, type Markup } from "../page/markup.js";
import { COLOR } from "../page/plot-theme.js";
import type { Thresholds, Tier } from "./tier.js";

/** The colours of the tiers, for a plot's scale. */
export const TIER_COLORS = { domain: ["micro", "small", "active"], range: [COLOR.micro, COLOR.small, COLOR.active] };

/** A tier's name beside its colour. */
export function tierLabel(tier: Tier): Markup {
  return html`<span class="chip" style="--color: ${COLOR[tier]}">${tier}</span>`;
}

/** How many tokens a type of that tier has. */
export function tierRange(tier: Tier, { micro, small }: Thresholds): string {
  if (tier === "micro") return `1 to ${micro - 1} tokens`;
  return tier === "small" ? `${micro} to ${small - 1} tokens` : `${small} tokens and more`;
}
