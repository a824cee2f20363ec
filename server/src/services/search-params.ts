import { ErrorCode, type SearchParams as WireParams } from "@maxsimd/proto";
import type { Limits } from "../config/limits.js";
import type { EngineIndex } from "../engine/query.js";
import { SEARCH_DEFAULTS, type SearchParams } from "../engine/query.js";
import { ServiceError } from "../errors/service-error.js";

/** Parameters as the engine takes them. */
export interface CheckedParams {
  readonly params: SearchParams;
  /** Equal for parameters that are equal but for the filter. */
  readonly key: string;
  /** Results asked for. */
  readonly k: number;
}

/** Limits that parameters are held to. */
type ParamLimits = Pick<Limits, "k" | "kCentroids" | "kDocsToScore" | "efSearch">;

const NONE: CheckedParams = { params: {}, key: "", k: SEARCH_DEFAULTS.k };

/**
 * Checks a request's parameters. Counts beyond what the index has mean all of it, and are lowered to that: the engine
 * reserves memory by them. Throws INVALID_PARAMETER, or LIMIT_EXCEEDED for counts above their limits.
 */
export function checkParams(wire: WireParams | undefined, index: EngineIndex, limits: ParamLimits): CheckedParams {
  if (wire === undefined) {
    return NONE;
  }
  const params: SearchParams = {};
  if (wire.k !== undefined) {
    params.k = checkCount("k", wire.k, Number.POSITIVE_INFINITY, limits.k);
  }
  if (wire.kCentroids !== undefined) {
    params.kCentroids = checkCount("k_centroids", wire.kCentroids, index.centroids, limits.kCentroids);
  }
  if (wire.kDocsToScore !== undefined) {
    params.kDocsToScore = checkCount("k_docs_to_score", wire.kDocsToScore, index.documents, limits.kDocsToScore);
  }
  if (wire.efSearch !== undefined) {
    params.efSearch = checkCount("ef_search", wire.efSearch, index.centroids, limits.efSearch);
  }
  if (wire.alpha !== undefined) {
    params.alpha = checkAlpha(wire.alpha);
  }
  if (wire.beta !== undefined) {
    params.beta = Math.min(positive("beta", wire.beta), Math.max(1, index.documents));
  }
  if (wire.lambda !== undefined) {
    params.lambda = checkLambda(wire.lambda);
  }
  return { params, key: JSON.stringify(params), k: params.k ?? SEARCH_DEFAULTS.k };
}

/** Throws LIMIT_EXCEEDED if there may be more results than are explained. */
export function checkExplainedK(k: number, most: number): void {
  if (k > most) {
    throw new ServiceError(ErrorCode.LIMIT_EXCEEDED, "ask for fewer results, or leave out explain", {
      field: "params.k",
      expected: `1 to ${most} where scores are explained`,
      got: String(k),
    });
  }
}

/** The same with a filter, in the engine's text. */
export function withFilter(checked: CheckedParams, filter: string | undefined): CheckedParams {
  return filter === undefined ? checked : { ...checked, params: { ...checked.params, filter } };
}

/** @param all what the index has. */
function checkCount(name: string, value: number, all: number, most: number): number {
  const count = Math.min(positive(name, value), Math.max(1, all));
  if (count > most) {
    const message = name === "k" ? "ask for fewer results" : `${name} is above this server's limit`;
    const parts = { field: `params.${name}`, expected: `1 to ${most}`, got: String(value) };
    throw new ServiceError(ErrorCode.LIMIT_EXCEEDED, message, parts);
  }
  return count;
}

function positive(name: string, value: number): number {
  if (value < 1) {
    throw invalid(name, "at least 1; leave it unset for the default", value);
  }
  return value;
}

/** +infinity switches the pruning off, which the engine calls null. */
function checkAlpha(alpha: number): number | null {
  if (!(alpha >= 0)) {
    throw invalid("alpha", "at least 0, or +infinity", alpha);
  }
  return alpha === Number.POSITIVE_INFINITY ? null : alpha;
}

function checkLambda(lambda: number): number {
  if (!(lambda >= 0) || lambda === Number.POSITIVE_INFINITY) {
    throw invalid("lambda", "at least 0, finite", lambda);
  }
  return lambda;
}

function invalid(name: string, expected: string, got: number): ServiceError {
  return new ServiceError(ErrorCode.INVALID_PARAMETER, `${name} is outside its range`, {
    field: `params.${name}`,
    expected,
    got: String(got),
  });
}
