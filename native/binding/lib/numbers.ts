// Numbers are checked here: the native side would wrap a fraction, a negative number or a NaN into something else.

import { invalidParameter } from "./errors.js";

const MAX_U32 = 4_294_967_295;

/** A whole number from `least` to `most`. */
export function whole(name: string, value: number, least = 0, most = MAX_U32): number {
  if (!Number.isInteger(value) || value < least || value > most) {
    throw invalidParameter(name, `a whole number from ${least} to ${most}`, value);
  }
  return value;
}

/** As {@link whole}, or nothing. */
export function maybeWhole(
  name: string,
  value: number | null | undefined,
  least = 1,
  most = MAX_U32,
): number | undefined {
  return value === undefined || value === null ? undefined : whole(name, value, least, most);
}

/** A number that is not NaN, or nothing. */
export function maybeNumber(name: string, value: number | null | undefined): number | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "number" || Number.isNaN(value)) throw invalidParameter(name, "a number or null", value);
  return value;
}
