import type { Judgements } from "../dataset/judgements.js";
import { histogram } from "../histogram.js";
import { mean, ndcg, recall, success } from "./metrics.js";
import type { Ranked } from "./rankings.js";

/** Documents of one query, best first. */
type Ranking = Pick<Ranked, "docIds">;

/** Quality of an index's rankings: compared with exact MaxSim, and with judgements where there are any. */
export interface Evaluation {
  readonly queries: number;
  /** Share of exact MaxSim's ten best documents that are among the index's ten best; mean over the queries. */
  readonly recall10: number;
  /** Number of queries that find 0, 1, … 10 of the exact ranking's ten best documents. */
  readonly recallHistogram: readonly number[];
  /** Null if no query has a relevant document. */
  readonly judged: JudgedEvaluation | null;
}

export interface JudgedEvaluation {
  /** Number of queries with a relevant document. The means are over these. */
  readonly queries: number;
  readonly index: Quality;
  readonly exact: Quality;
}

/** Means over the queries that have a relevant document. */
export interface Quality {
  readonly ndcg10: number;
  readonly success5: number;
}

/** Compares an index's rankings with the exact ones and with judgements. */
export function evaluate(
  ours: readonly Ranking[],
  exact: readonly Ranking[],
  judgements: Judgements | undefined,
): Evaluation {
  const recalls = recallsOf(ours, exact);
  const found = recalls.map((value) => Math.round(10 * value));
  const [index, yardstick] = [qualityOf(ours, judgements), qualityOf(exact, judgements)];
  const queries = judgements?.slice(0, ours.length).filter(({ size }) => size > 0).length ?? 0;
  const judged = index === null || yardstick === null ? null : { queries, index, exact: yardstick };
  return { queries: ours.length, recall10: mean(recalls), recallHistogram: histogram(found, 11, 1), judged };
}

/** Recall@10 of each query. */
export function recallsOf(ours: readonly Ranking[], exact: readonly Ranking[]): number[] {
  return ours.map(({ docIds }, query) => recall(docIds, exact[query]?.docIds ?? [], 10));
}

/** Means over the queries that have a relevant document; null if no query has one. */
export function qualityOf(ranked: readonly Ranking[], judgements: Judgements | undefined): Quality | null {
  const judged = ranked.flatMap(({ docIds }, query) => {
    const grades = judgements?.[query];
    return grades === undefined || grades.size === 0 ? [] : [{ docIds, grades }];
  });
  if (judged.length === 0) return null;
  return {
    ndcg10: mean(judged.map(({ docIds, grades }) => ndcg(docIds, grades, 10))),
    success5: mean(judged.map(({ docIds, grades }) => success(docIds, grades, 5))),
  };
}
