import { MAX_TIMER_MS } from "../config/limits.js";

/** The header a caller's deadline comes in, as time left. */
export const TIMEOUT_HEADER = "grpc-timeout";

/** At most eight digits and a unit, says the protocol; nothing else is a timeout. */
const FORM = /^(\d{1,8})([HMSmun])$/;
const UNIT_MS: Readonly<Record<string, number>> = { H: 3_600_000, M: 60_000, S: 1000, m: 1, u: 1e-3, n: 1e-6 };

/**
 * Time left, in whole milliseconds, at most what a timer holds; undefined for a text that does not parse. Without the bound,
 * `597H` and more wrap to a negative number of milliseconds and end the call at once.
 */
export function parseGrpcTimeout(text: string): number | undefined {
  const match = FORM.exec(text);
  if (match === null) {
    return undefined;
  }
  const milliseconds = Number(match[1]) * (UNIT_MS[match[2] as string] as number);
  return Math.min(MAX_TIMER_MS, Math.floor(milliseconds));
}
