import { ErrorCode } from "@maxsimd/proto";
import { MAX_TIMER_MS } from "../config/limits.js";
import { ServiceError } from "../errors/service-error.js";

/** The header that holds the time a caller allows for its call. */
export const TIMEOUT_HEADER = "grpc-timeout";

/** The protocol allows at most eight digits and a unit. */
const FORM = /^([0-9]{1,8})([HMSmun])$/;
const UNIT_MS: Readonly<Record<string, number>> = { H: 3_600_000, M: 60_000, S: 1000, m: 1, u: 1e-3, n: 1e-6 };

/**
 * The value of the header in whole milliseconds, at most what a timer holds; an INVALID_PARAMETER for a text that does not
 * parse. Without the bound, `597H` and more would wrap to a negative number of milliseconds and end the call at once.
 */
export function parseGrpcTimeout(text: string): number | ServiceError {
  const match = FORM.exec(text);
  if (match === null) {
    return new ServiceError(ErrorCode.INVALID_PARAMETER, "the deadline does not parse", {
      field: TIMEOUT_HEADER,
      expected: "1 to 8 digits and one of H M S m u n",
      got: text,
    });
  }
  const milliseconds = Number(match[1]) * (UNIT_MS[match[2] as string] as number);
  return Math.min(MAX_TIMER_MS, Math.floor(milliseconds));
}

/** The error of a call whose deadline has passed. */
export function expired(milliseconds: number): ServiceError {
  const message = "the deadline passed before the answer was ready; allow it more time";
  return new ServiceError(ErrorCode.DEADLINE_EXPIRED, message, { got: `${milliseconds} ms` });
}
