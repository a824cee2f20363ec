/** Number of values in each of `bins` bins of equal width, from 0. Values beyond the last bin are not counted. */
export function histogram(values: readonly number[], bins: number, width: number): number[] {
  const counts = new Array<number>(bins).fill(0);
  for (const value of values) {
    const bin = Math.floor(value / width);
    if (bin < bins) counts[bin] = (counts[bin] as number) + 1;
  }
  return counts;
}
