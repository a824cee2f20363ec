import { type Totals, totals } from "../tiers/measure.js";
import type { TokenTypeRow } from "../token-type-row.js";

/** Types that occur `from` to `to` times: from a power of two to just below the next one. */
export interface FrequencyBin extends Totals {
  readonly from: number;
  readonly to: number;
}

/** Spread and error by how often a type occurs. Frequencies that no type has are left out. */
export function errorByFrequency(rows: readonly TokenTypeRow[]): FrequencyBin[] {
  const bins = new Map<number, TokenTypeRow[]>();
  for (const row of rows) {
    const power = Math.floor(Math.log2(row.count));
    const bin = bins.get(power) ?? [];
    bins.set(power, bin);
    bin.push(row);
  }
  return [...bins]
    .sort(([a], [b]) => a - b)
    .map(([power, of]) => ({ from: 2 ** power, to: 2 ** (power + 1) - 1, ...totals(of) }));
}
