/**
 * How good a ranking is, against judgements or against another ranking. A ranking is document ids, best first, without
 * repeats; each function returns a number of 0 to 1.
 */

import type { Grades } from "../dataset/judgements.js";

export type Ranking = ArrayLike<number>;

/**
 * nDCG@k with linear gain, as trec_eval's ndcg_cut: a document of grade g counts g / log2(rank + 1), and the sum is divided
 * by what the best possible ranking gets. A query without relevant documents counts 0.
 */
export function ndcg(ranking: Ranking, grades: Grades, k: number): number {
  const best = [...grades.values()].sort((a, b) => b - a).slice(0, k);
  const found = Array.from(ranking)
    .slice(0, k)
    .map((document) => grades.get(document) ?? 0);
  return best.length === 0 ? 0 : discountedSum(found) / discountedSum(best);
}

function discountedSum(gains: readonly number[]): number {
  return gains.reduce((sum, gain, i) => sum + gain / Math.log2(i + 2), 0);
}

/** 1 if one of the first k documents is relevant, else 0. */
export function success(ranking: Ranking, grades: Grades, k: number): number {
  for (let i = 0; i < Math.min(k, ranking.length); i++) if (grades.has(ranking[i] as number)) return 1;
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
