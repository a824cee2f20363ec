import type { Judgements } from "../dataset/judgements.js";
import { mean, ndcg, recall, success } from "./metrics.js";
import type { Ranked } from "./rankings.js";

/** How good the index's rankings are: against exact MaxSim, and against judgements where there are any. */
export interface Evaluation {
  readonly queries: number;
  /** Share of exact MaxSim's ten best documents that are among the index's ten best, as a mean over queries. */
  readonly recall10: number;
  /** How many queries have 0, 1, … of the exact ranking's ten; the number of bins is 11. */
  readonly recallHistogram: readonly number[];
  readonly judged: JudgedEvaluation | null;
}

export interface JudgedEvaluation {
  /** Queries with a relevant document; the means are over these. */
  readonly queries: number;
  readonly index: Quality;
  readonly exact: Quality;
}

export interface Quality {
  readonly ndcg10: number;
  readonly success5: number;
}

/** Compares rankings with the exact ones and with judgements. */
export function evaluate(
  ours: readonly Ranked[],
  exact: readonly Ranked[],
  judgements: Judgements | undefined,
): Evaluation {
  const recalls = ours.map(({ docIds }, query) => recall(docIds, (exact[query] as Ranked).docIds, 10));
  const recallHistogram = new Array<number>(11).fill(0);
  for (const value of recalls) {
    const bin = Math.round(10 * value);
    recallHistogram[bin] = (recallHistogram[bin] as number) + 1;
  }
  return {
    queries: ours.length,
    recall10: mean(recalls),
    recallHistogram,
    judged: judgements === undefined ? null : judge(ours, exact, judgements),
  };
}

/** Means over the queries that have a relevant document; null where none has. */
export function qualityOf(ranked: readonly Ranked[], judgements: Judgements): Quality | null {
  const judged = ranked.flatMap(({ docIds }, query) => {
    const grades = judgements[query];
    return grades === undefined || grades.size === 0 ? [] : [{ docIds, grades }];
  });
  if (judged.length === 0) return null;
  return {
    ndcg10: mean(judged.map(({ docIds, grades }) => ndcg(docIds, grades, 10))),
    success5: mean(judged.map(({ docIds, grades }) => success(docIds, grades, 5))),
  };
}

function judge(ours: readonly Ranked[], exact: readonly Ranked[], judgements: Judgements): JudgedEvaluation | null {
  const [index, yardstick] = [qualityOf(ours, judgements), qualityOf(exact, judgements)];
  if (index === null || yardstick === null) return null;
  const queries = judgements.slice(0, ours.length).filter((grades) => grades.size > 0).length;
  return { queries, index, exact: yardstick };
}
