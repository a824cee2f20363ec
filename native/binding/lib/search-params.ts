import type { NativeSearchParams } from "./addon.js";
import { maybeNumber, maybeWhole, whole } from "./numbers.js";

/** How to search; what is undefined takes the default. Names and meaning are the reference's. */
export interface SearchParams {
  /** Documents to return, 1 to 10,000. Default 10. */
  k?: number | undefined;
  /** Gather: coarse centroids per query token. Default 20. */
  kCentroids?: number | undefined;
  /** Refine: most candidates scored on the codes. Default 500. */
  kDocsToScore?: number | undefined;
  /** Gather: beam width of the graph walk. Default `round(1.5 * kCentroids)`; never narrower than `kCentroids`. */
  efSearch?: number | undefined;
  /** Select: candidates with a coarse score of at least `s_k - |s_k| * alpha` are kept. null: all. Default 0.45. */
  alpha?: number | null | undefined;
  /** Refine: stop after this many candidates in a row without improvement. null: never. Default null. */
  beta?: number | null | undefined;
  /** Gather: relaxes the walk's rule to `sim >= worst - |worst| * lambda`. null: the plain rule. Default null. */
  lambda?: number | null | undefined;
}

/** What a search uses where nothing is set; `efSearch` is the default's for the default `kCentroids`. */
export const SEARCH_DEFAULTS = {
  k: 10,
  kCentroids: 20,
  kDocsToScore: 500,
  efSearch: 30,
  alpha: 0.45,
  beta: null,
  lambda: null,
} as const;

/** Fills in the defaults. Throws INVALID_PARAMETER for what is not a number of the right kind. */
export function resolveSearchParams(params: SearchParams): NativeSearchParams {
  return {
    k: whole("k", params.k ?? SEARCH_DEFAULTS.k),
    kCentroids: whole("kCentroids", params.kCentroids ?? SEARCH_DEFAULTS.kCentroids),
    kDocsToScore: whole("kDocsToScore", params.kDocsToScore ?? SEARCH_DEFAULTS.kDocsToScore),
    efSearch: maybeWhole("efSearch", params.efSearch, 0),
    alpha: maybeNumber("alpha", params.alpha === undefined ? SEARCH_DEFAULTS.alpha : params.alpha),
    beta: maybeWhole("beta", params.beta, 0),
    lambda: maybeNumber("lambda", params.lambda),
  };
}
