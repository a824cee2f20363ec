// @maxsimd/native/searching: what a thread loads that only searches.

export { MaxsimError } from "./errors.js";
export { type RawExplanation, type RawResult, Searcher } from "./searcher.js";
