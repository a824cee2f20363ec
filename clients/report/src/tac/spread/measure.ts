import { histogram } from "../../histogram.js";
import { TIERS, type Tier } from "../tier.js";
import type { TokenTypeRow } from "../token-type-row.js";

const BINS = 40;

/** Number of types of a tier with a spread in this range. */
export interface SpreadBin {
  readonly tier: Tier;
  readonly from: number;
  readonly to: number;
  readonly types: number;
}

export interface SpreadDistribution {
  /** Types that occur once. Their spread is 0, and no bin counts them. */
  readonly once: number;
  /** Median of each tier, over the types that occur more than once; null for a tier without any. */
  readonly medians: readonly { tier: Tier; spread: number | null }[];
  readonly bins: readonly SpreadBin[];
}

/** Distribution of the spread of types, by tier. */
export function distributeSpread(rows: readonly TokenTypeRow[]): SpreadDistribution {
  const repeated = rows.filter(({ count }) => count > 1);
  const most = repeated.reduce((largest, { spread }) => Math.max(largest, spread), 0);
  const width = most === 0 ? 1 : most / BINS;
  const spreads = TIERS.map((tier) => {
    const values = repeated.filter((row) => row.tier === tier).map(({ spread }) => spread);
    return { tier, values: values.sort((a, b) => a - b) };
  });
  return {
    once: rows.length - repeated.length,
    medians: spreads.map(({ tier, values }) => ({ tier, spread: values[Math.floor(values.length / 2)] ?? null })),
    bins: spreads.flatMap(({ tier, values }) => {
      // The largest spread is the upper end of the last bin.
      const inside = values.map((value) => Math.min(value, (BINS - 0.5) * width));
      const types = histogram(inside, BINS, width);
      return types.map((count, bin) => ({ tier, from: bin * width, to: (bin + 1) * width, types: count }));
    }),
  };
}
