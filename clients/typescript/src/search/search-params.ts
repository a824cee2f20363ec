import { create, ScalarType } from "@bufbuild/protobuf";
import { SearchParamsSchema, type SearchParams as WireParams } from "@maxsimd/proto";
import { badParameter } from "../errors/maxsim-rpc-error.js";

/** Search parameters. An undefined parameter takes its default, which `describe` returns. The server checks the ranges. */
export interface SearchParams {
  /** Number of documents to return; 1 to 10,000. Default 10. */
  k?: number | undefined;
  /** Gather: number of coarse centroids per query token; at least 1. Default 20. */
  kCentroids?: number | undefined;
  /** Refine: maximum number of candidates to score on the codes; at least 1. Default 500. */
  kDocsToScore?: number | undefined;
  /** Gather: beam width of the graph search; at least 1. Default round(1.5 * kCentroids). */
  efSearch?: number | undefined;
  /**
   * Select: keep candidates whose coarse score is at least s_k - |s_k| * alpha, where s_k is the k-th best coarse score; at
   * least 0; null keeps all. Default 0.45.
   */
  alpha?: number | null | undefined;
  /** Refine: stop after this many consecutive candidates that do not enter the best k; at least 1; null = never. Default null. */
  beta?: number | null | undefined;
  /** Gather: relax the stopping rule of the graph search; at least 0; null = the plain rule. Default null. */
  lambda?: number | null | undefined;
}

/** The parameters are the fields of the wire message, so that a new one needs an entry in `SearchParams` and no code here. */
const FIELDS = SearchParamsSchema.fields.map((field) => ({
  name: field.localName as keyof SearchParams,
  wireName: field.name,
  integer: field.fieldKind === "scalar" && field.scalar === ScalarType.UINT32,
}));

/**
 * Converts parameters to a wire message.
 *
 * @returns undefined if no parameter is set
 * @throws MaxsimRpcError INVALID_PARAMETER for a value that the wire format cannot hold
 */
export function encodeParams(params: SearchParams | undefined): WireParams | undefined {
  const message = create(SearchParamsSchema);
  let set = false;
  for (const { name, wireName, integer } of FIELDS) {
    // Only alpha has a default to turn off: on the wire that is infinity, because unset means the default.
    const value = params?.[name] === null && name === "alpha" ? Number.POSITIVE_INFINITY : params?.[name];
    if (value === undefined || value === null) continue;
    if (integer && !(Number.isInteger(value) && value >= 0 && value <= 0xffffffff)) {
      throw badParameter(wireName, "an integer from 0 to 2^32 - 1", String(value));
    }
    if (typeof value !== "number" || Number.isNaN(value)) {
      throw badParameter(wireName, "a number", String(value));
    }
    message[name] = value;
    set = true;
  }
  return set ? message : undefined;
}

/** All parameters of a message. An unset beta or lambda is null, which is what it means. */
export function decodeParams(message: WireParams | undefined): SearchParams {
  return { beta: null, lambda: null, ...decodeSet(message) };
}

/** The parameters that a message sets. */
export function decodeSet(message: WireParams | undefined): SearchParams {
  const params: SearchParams = {};
  for (const { name, integer } of FIELDS) {
    const value = message?.[name];
    if (value === undefined) continue;
    if (value === Number.POSITIVE_INFINITY) Object.assign(params, { [name]: null });
    else params[name] = integer ? value : shortest(value);
  }
  return params;
}

/** The shortest decimal with the same binary32 value: 0.45 and not 0.44999998807907104. */
function shortest(float: number): number {
  for (let digits = 1; digits < 9; digits++) {
    const candidate = Number(float.toPrecision(digits));
    if (Math.fround(candidate) === Math.fround(float)) return candidate;
  }
  return float;
}

/** `under` with what `over` defines. */
export function mergeParams(under: SearchParams | undefined, over: SearchParams | undefined): SearchParams {
  const defined = Object.entries(over ?? {}).filter(([, value]) => value !== undefined);
  return { ...under, ...Object.fromEntries(defined) };
}
