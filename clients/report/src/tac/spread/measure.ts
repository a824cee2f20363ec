import { TIERS, type Tier } from "../tier.js";
import type { TokenTypeRow } from "../token-type-row.js";

const BINS = 40;

/** How many types of a tier spread that far. */
export interface SpreadBin {
  readonly tier: Tier;
  readonly from: number;
  readonly to: number;
  readonly types: number;
}

export interface SpreadDistribution {
  /** Types that occur once: they spread by 0, and are in no bin. */
  readonly once: number;
  /** The middle type of each tier, of those that occur more than once; null for a tier without any. */
  readonly medians: readonly { tier: Tier; spread: number | null }[];
  readonly bins: readonly SpreadBin[];
}

/** How far types spread, by tier. */
export function distributeSpread(rows: readonly TokenTypeRow[]): SpreadDistribution {
  const repeated = rows.filter(({ count }) => count > 1);
  const most = repeated.reduce((largest, { spread }) => Math.max(largest, spread), 0);
  const width = most === 0 ? 1 : most / BINS;
  const spreads = TIERS.map((tier) => ({
    tier,
    values: repeated
      .filter((row) => row.tier === tier)
      .map(({ spread }) => spread)
      .sort((a, b) => a - b),
  }));
  return {
    once: rows.length - repeated.length,
    medians: spreads.map(({ tier, values }) => ({ tier, spread: values[Math.floor(values.length / 2)] ?? null })),
    bins: spreads.flatMap(({ tier, values }) => {
      const types = new Array<number>(BINS).fill(0);
      for (const value of values) {
        // The largest spread is the upper end of the last bin.
        const bin = Math.min(BINS - 1, Math.floor(value / width));
        types[bin] = (types[bin] as number) + 1;
      }
      return types.map((count, bin) => ({ tier, from: bin * width, to: (bin + 1) * width, types: count }));
    }),
  };
}
