/**
 * How good a ranking is, against judgements or against another ranking. A ranking is document ids, best first, without
 * repeats; each function returns a number of 0 to 1.
 */

export type Ranking = ArrayLike<number>;

/**
 * nDCG@k with binary gain: a relevant document counts 1 / log2(rank + 1), whatever its grade, divided by what the best
 * possible ranking gets. A query without relevant documents counts 0.
 */
export function ndcg(ranking: Ranking, relevant: ReadonlySet<number>, k: number): number {
  if (relevant.size === 0) return 0;
  let gained = 0;
  let best = 0;
  for (let i = 0; i < k; i++) {
    const discount = 1 / Math.log2(i + 2);
    if (relevant.has(ranking[i] as number)) gained += discount;
    if (i < relevant.size) best += discount;
  }
  return gained / best;
}

/** 1 if one of the first k documents is relevant, else 0. */
export function success(ranking: Ranking, relevant: ReadonlySet<number>, k: number): number {
  for (let i = 0; i < Math.min(k, ranking.length); i++) if (relevant.has(ranking[i] as number)) return 1;
  return 0;
}

/** Share of the exact ranking's first k documents that are among the ranking's first k. 1 where the exact one has none. */
export function recall(ranking: Ranking, exact: Ranking, k: number): number {
  const wanted = new Set(Array.from(exact).slice(0, k));
  if (wanted.size === 0) return 1;
  let found = 0;
  for (let i = 0; i < Math.min(k, ranking.length); i++) if (wanted.delete(ranking[i] as number)) found += 1;
  return found / (found + wanted.size);
}

export function mean(values: readonly number[]): number {
  if (values.length === 0) throw new Error("the mean of no values was asked for: give at least one");
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** The smallest value that at least the share `p` (0 to 1) of the values does not exceed: the nearest-rank percentile. */
export function percentile(values: readonly number[], p: number): number {
  if (values.length === 0) throw new Error("a percentile of no values was asked for: give at least one");
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.max(0, Math.ceil(p * sorted.length) - 1)] as number;
}
