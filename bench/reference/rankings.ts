import { readNpy } from "@maxsimd/native";
import { mean, pearson, spearman } from "./correlation.js";

/** Results of many queries: [queries, k], unfilled places with the score −∞. */
export interface Rankings {
  readonly k: number;
  readonly ids: Uint32Array;
  readonly scores: Float32Array;
}

/** What a search step wrote for its point `number`. */
export function readRankings(out: string, number: number): Rankings {
  const ids = readNpy(`${out}-${number}-ids.npy`);
  const scores = readNpy(`${out}-${number}-scores.npy`);
  return { k: ids.shape[1] ?? 0, ids: ids.data as Uint32Array, scores: scores.data as Float32Array };
}

export function queryCount({ k, ids }: Rankings): number {
  return ids.length / k;
}

/** Documents of one query with their scores, best first. */
function answers({ k, ids, scores }: Rankings, query: number): Map<number, number> {
  const found = new Map<number, number>();
  for (let place = query * k; place < (query + 1) * k; place++) {
    if (Number.isFinite(scores[place])) found.set(ids[place] as number, scores[place] as number);
  }
  return found;
}

/** Share of the `depth` best of `truth` that are among the `depth` best found, the mean over queries. */
export function recall(found: Rankings, truth: Rankings, depth: number): number {
  const best = (rankings: Rankings, query: number) => [...answers(rankings, query).keys()].slice(0, depth);
  return mean(
    Array.from({ length: queryCount(truth) }, (_, query) => {
      const wanted = best(truth, query);
      const got = new Set(best(found, query));
      return wanted.length === 0 ? 1 : wanted.filter((id) => got.has(id)).length / wanted.length;
    }),
  );
}

/** How well two sides agree on the documents that both scored. Correlations per query: their mean, and the lowest. */
export interface Agreement {
  readonly queries: number;
  /** Mean number of documents per query that both scored. */
  readonly documents: number;
  readonly score: number;
  readonly scoreLowest: number;
  readonly rank: number;
  readonly rankLowest: number;
}

export function agreement(a: Rankings, b: Rankings): Agreement {
  const scores: number[] = [];
  const orders: number[] = [];
  const sizes: number[] = [];
  for (let query = 0; query < queryCount(a); query++) {
    const other = answers(b, query);
    const common = [...answers(a, query)].filter(([id]) => other.has(id));
    if (common.length < 3) continue;
    const x = common.map(([, score]) => score);
    const y = common.map(([id]) => other.get(id) as number);
    scores.push(pearson(x, y));
    orders.push(spearman(x, y));
    sizes.push(common.length);
  }
  return {
    queries: scores.length,
    documents: mean(sizes),
    score: mean(scores),
    scoreLowest: Math.min(...scores),
    rank: mean(orders),
    rankLowest: Math.min(...orders),
  };
}

/** Mean of `b` − `a` + `shifts[query]` over the documents of both: what is left of a difference in scale. */
export function meanDifference(a: Rankings, b: Rankings, shifts: readonly number[]): number {
  const differences: number[] = [];
  for (let query = 0; query < queryCount(a); query++) {
    const other = answers(b, query);
    for (const [id, score] of answers(a, query)) {
      const another = other.get(id);
      if (another !== undefined) differences.push(another - score + (shifts[query] ?? 0));
    }
  }
  return mean(differences);
}
