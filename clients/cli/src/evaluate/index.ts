/** How good rankings are: metrics and the judgements they need. What other packages may use of this one. */

export { type Grades, type Judgements, readJudgements } from "./judgements.js";
export { mean, ndcg, percentile, type Ranking, recall, success } from "./metrics.js";
