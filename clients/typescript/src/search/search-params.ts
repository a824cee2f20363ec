import { create } from "@bufbuild/protobuf";
import { SearchParamsSchema, type SearchParams as WireParams } from "@maxsimd/proto";
import { MaxsimRpcError } from "../errors/maxsim-rpc-error.js";

/**
 * How to search. What is undefined takes the index's default, which `describe` returns. The server checks the ranges.
 */
export interface SearchParams {
  /** Documents to return; 1 to 10,000. Default 10. */
  k?: number | undefined;
  /** Gather: coarse centroids taken per query token; at least 1. Default 20. */
  kCentroids?: number | undefined;
  /** Refine: most candidates scored on the two-level codes; at least 1. Default 500. */
  kDocsToScore?: number | undefined;
  /** Gather: beam width of the graph walk; at least 1. Default round(1.5 * kCentroids). */
  efSearch?: number | undefined;
  /** Select: candidates within s_k - |s_k| * alpha of the k-th best coarse score go on; at least 0; null = all. Default 0.45. */
  alpha?: number | null | undefined;
  /** Refine: stop after this many candidates in a row brought no improvement; at least 1; null = never. Default null. */
  beta?: number | null | undefined;
  /** Gather: relaxes the graph walk's stopping rule; at least 0; null = the plain rule. Default null. */
  lambda?: number | null | undefined;
}

const INTEGERS = ["k", "kCentroids", "kDocsToScore", "efSearch", "beta"] as const;
const FLOATS = ["alpha", "lambda"] as const;

/**
 * The message for `params`, or undefined when they set nothing.
 *
 * @throws MaxsimRpcError INVALID_PARAMETER for what the wire cannot carry; ranges are the server's to check
 */
export function encodeParams(params: SearchParams | undefined): WireParams | undefined {
  if (params === undefined) return undefined;
  const message = create(SearchParamsSchema);
  let set = false;
  for (const name of INTEGERS) {
    const value = params[name];
    if (value === undefined || value === null) continue;
    if (!Number.isInteger(value) || value < 0 || value > 0xffffffff)
      throw invalid(name, "an integer of 0 to 2^32 - 1", value);
    message[name] = value;
    set = true;
  }
  for (const name of FLOATS) {
    const value = params[name];
    if (value === undefined || (value === null && name !== "alpha")) continue;
    // On the wire an infinite alpha switches the pruning off: unset would mean the default.
    const number = value === null ? Number.POSITIVE_INFINITY : value;
    if (typeof number !== "number" || Number.isNaN(number)) throw invalid(name, "a number", number);
    message[name] = number;
    set = true;
  }
  return set ? message : undefined;
}

/** The parameters that a message sets. Where null means something, an unset field is null. */
export function decodeParams(message: WireParams | undefined): SearchParams {
  return {
    k: message?.k,
    kCentroids: message?.kCentroids,
    kDocsToScore: message?.kDocsToScore,
    efSearch: message?.efSearch,
    alpha: message?.alpha === Number.POSITIVE_INFINITY ? null : shortest(message?.alpha),
    beta: message?.beta ?? null,
    lambda: shortest(message?.lambda) ?? null,
  };
}

/** The shortest decimal that is the same binary32: 0.45 and not 0.44999998807907104. */
function shortest(float: number | undefined): number | undefined {
  if (float === undefined) return undefined;
  for (let digits = 1; digits < 9; digits++) {
    const candidate = Number(float.toPrecision(digits));
    if (Math.fround(candidate) === Math.fround(float)) return candidate;
  }
  return float;
}

/** `over` laid over `under`: what `over` leaves undefined is kept. */
export function mergeParams(under: SearchParams | undefined, over: SearchParams | undefined): SearchParams | undefined {
  if (over === undefined) return under;
  if (under === undefined) return over;
  const merged: SearchParams = { ...under };
  for (const name of [...INTEGERS, ...FLOATS] as const) {
    if (over[name] !== undefined) Object.assign(merged, { [name]: over[name] });
  }
  return merged;
}

function invalid(name: string, expected: string, value: unknown): MaxsimRpcError {
  const got = String(value);
  const field = name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  return new MaxsimRpcError({
    code: "INVALID_PARAMETER",
    message: `${name} must be ${expected}, not ${got}`,
    field,
    expected,
    got,
  });
}
