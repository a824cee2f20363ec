import { readNpy } from "@maxsimd/native";
import { recall } from "@maxsimd/report";
import { mean, min, sampleCorrelation, sampleRankCorrelation } from "simple-statistics";

/** Results of many queries: [queries, k], best first. Places without a document have the score −∞. */
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

/** For each query, its documents with their scores, best first. */
function answers({ k, ids, scores }: Rankings): Map<number, number>[] {
  return Array.from({ length: ids.length / k }, (_, query) => {
    const places = Array.from({ length: k }, (_, i) => query * k + i).filter((place) => Number.isFinite(scores[place]));
    return new Map(places.map((place) => [ids[place] as number, scores[place] as number]));
  });
}

/** Share of the `depth` best of `truth` that are among the `depth` best found, mean over queries. */
export function meanRecall(found: Rankings, truth: Rankings, depth: number): number {
  const got = answers(found);
  return mean(answers(truth).map((wanted, query) => recall([...got[query]!.keys()], [...wanted.keys()], depth)));
}

/** How well two engines agree on the documents that both scored. Correlations per query: their mean, and the lowest. */
export interface Agreement {
  readonly queries: number;
  /** Mean number of documents that both scored. */
  readonly documents: number;
  readonly score: number;
  readonly scoreLowest: number;
  /** Of ranks; equal scores share the mean of their ranks. */
  readonly rank: number;
  readonly rankLowest: number;
}

/** Queries with fewer than three documents of both are left out. */
export function agreement(a: Rankings, b: Rankings): Agreement {
  const others = answers(b);
  const pairs = answers(a)
    .map((scores, query) =>
      [...scores]
        .filter(([id]) => others[query]!.has(id))
        .map(([id, score]) => [score, others[query]!.get(id)!] as const),
    )
    .filter((scores) => scores.length >= 3)
    .map((scores) => [scores.map(([x]) => x), scores.map(([, y]) => y)] as const);
  const scores = pairs.map(([x, y]) => sampleCorrelation(x, y));
  const ranks = pairs.map(([x, y]) => sampleRankCorrelation(x, y));
  return {
    queries: pairs.length,
    documents: mean(pairs.map(([x]) => x.length)),
    score: mean(scores),
    scoreLowest: min(scores),
    rank: mean(ranks),
    rankLowest: min(ranks),
  };
}

/** Mean of `b` − `a` + `shifts[query]` over the documents that both scored. */
export function meanDifference(a: Rankings, b: Rankings, shifts: readonly number[]): number {
  const others = answers(b);
  return mean(
    answers(a).flatMap((scores, query) =>
      [...scores].flatMap(([id, score]) => {
        const other = others[query]!.get(id);
        return other === undefined ? [] : [other - score + (shifts[query] ?? 0)];
      }),
    ),
  );
}
