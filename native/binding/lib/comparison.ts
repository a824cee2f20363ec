// @maxsimd/native/comparison: what only the comparison with the reference needs. Not for users.

import type { BuildOptions } from "./index-file.js";

/** Build options with those that `Index` takes and does not offer. */
export interface ComparisonOptions extends BuildOptions {
  /**
   * Whether the norms of coded residuals are scaled so that scores are right on average. The reference does not scale them.
   * Scaling halves the error of a score, and gains 0.007 of recall@10 on full Cranfield. Default true; without effect when
   * `normalize` is false.
   */
  scaleNorms?: boolean | undefined;
}
