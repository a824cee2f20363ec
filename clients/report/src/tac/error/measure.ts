import type { TokenTypeRow } from "../token-type-row.js";

/** Types that occur `from` to `to` times: a power of two to just below the next. */
export interface FrequencyBin {
  readonly from: number;
  readonly to: number;
  readonly types: number;
  readonly tokens: number;
  readonly centroids: number;
  /** Means over the bin's tokens, of the squared distance to their type's mean and to their centroid. */
  readonly spread: number;
  readonly error: number;
}

/** Spread and error over how often a type occurs. Frequencies of no type have no bin. */
export function errorByFrequency(rows: readonly TokenTypeRow[]): FrequencyBin[] {
  const bins = new Map<number, TokenTypeRow[]>();
  for (const row of rows) {
    const power = Math.floor(Math.log2(row.count));
    const bin = bins.get(power);
    if (bin === undefined) bins.set(power, [row]);
    else bin.push(row);
  }
  return [...bins]
    .sort(([a], [b]) => a - b)
    .map(([power, of]) => {
      const tokens = of.reduce((sum, { count }) => sum + count, 0);
      return {
        from: 2 ** power,
        to: 2 ** (power + 1) - 1,
        types: of.length,
        tokens,
        centroids: of.reduce((sum, { centroids }) => sum + centroids, 0),
        spread: of.reduce((sum, { spread, count }) => sum + spread * count, 0) / tokens,
        error: of.reduce((sum, { error, count }) => sum + error * count, 0) / tokens,
      };
    });
}
