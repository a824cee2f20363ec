/**
 * The quality of a ranking, compared with judgements or with another ranking. A ranking is document ids, best first, without
 * repeats. `ndcg`, `success` and `recall` return a number of 0 to 1.
 */

import type { Grades } from "../dataset/judgements.js";

export type Ranking = ArrayLike<number>;

/**
 * nDCG@k with linear gain, as trec_eval's ndcg_cut: a document of grade g at rank r adds g / log2(r + 1), and the sum is divided
 * by the sum of the best possible ranking. 0 for a query without relevant documents: leave such a query out of a mean.
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

/** 1 if one of the first k documents is relevant, otherwise 0. */
export function success(ranking: Ranking, grades: Grades, k: number): number {
  for (let i = 0; i < Math.min(k, ranking.length); i++) if (grades.has(ranking[i] as number)) return 1;
  return 0;
}

/** Share of the exact ranking's first k documents that are among the ranking's first k; 1 if the exact ranking is empty. */
export function recall(ranking: Ranking, exact: Ranking, k: number): number {
  const wanted = new Set(Array.from(exact).slice(0, k));
  if (wanted.size === 0) return 1;
  let found = 0;
  for (let i = 0; i < Math.min(k, ranking.length); i++) if (wanted.delete(ranking[i] as number)) found += 1;
  return found / (found + wanted.size);
}

export function mean(values: readonly number[]): number {
  if (values.length === 0) throw new Error("expected at least one value to take the mean of, got none");
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Nearest-rank percentile: the smallest value such that a share of at least `p` (0 to 1) of the values is not above it. */
export function percentile(values: readonly number[], p: number): number {
  if (values.length === 0) throw new Error("expected at least one value to take a percentile of, got none");
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.max(0, Math.ceil(p * sorted.length) - 1)] as number;
}
