/** Measures an index or a clustering, shows the numbers as a page, and evaluates rankings. */

export { exactRankings } from "./evaluation/exact-rankings.js";
export { type Evaluation, evaluate } from "./evaluation/measure.js";
export { mean, ndcg, percentile, recall, success } from "./evaluation/metrics.js";
export { type Ranked, rankings } from "./evaluation/rankings.js";
export { type IndexNumbers, type IndexReportOptions, measureIndex } from "./index-report/measure.js";
export { indexPage } from "./index-report/render.js";
export { savePage } from "./page/save-page.js";
export { measureTac, type TacInputs, type TacNumbers } from "./tac/measure.js";
export { tacPage } from "./tac/render.js";
export { type Thresholds, TIERS, type Tier, tierOf } from "./tac/tier.js";
export { trainTac } from "./tac/train.js";
export type { Work } from "./work.js";
