/** Measures an index or a clustering, shows the numbers as a page, and evaluates rankings. */

export { exactRankings } from "./evaluation/exact-rankings.js";
export { mean, ndcg, percentile, type Ranking, recall, success } from "./evaluation/metrics.js";
export { type WalkthroughNumbers, type WalkthroughOptions, walkThrough } from "./index-report/measure.js";
export { walkthroughPage } from "./index-report/render.js";
export { savePage } from "./page/save-page.js";
export { measureTac, type TacInputs, type TacNumbers } from "./tac/measure.js";
export { tacPage } from "./tac/render.js";
export { trainTac } from "./tac/train.js";
export type { Work } from "./work.js";
