import { ErrorCode } from "@maxsimd/proto";
import { systemFault } from "./system-fault.js";

/** What an error says beyond its code; every part may be left out. */
export interface ErrorParts {
  /** The request field or parameter at fault, as named in the proto. */
  readonly field?: string;
  readonly expected?: string;
  readonly got?: string;
  /** When trying again may help, in milliseconds from now. */
  readonly retryAfterMs?: number;
  /** For the log; never sent. */
  readonly cause?: unknown;
}

/** The message of a defect for clients. The cause stays in the log. */
const INTERNAL_MESSAGE = "the server failed; its log has the cause";

/** The only error that clients see: a closed code, a sentence that says how to fix it, what was expected and what was found. */
export class ServiceError extends Error {
  override readonly name = "ServiceError";
  readonly code: ErrorCode;
  readonly field: string;
  readonly expected: string;
  readonly got: string;
  readonly retryAfterMs: number | undefined;

  constructor(code: ErrorCode, message: string, parts: ErrorParts = {}) {
    super(clip(message), parts.cause === undefined ? undefined : { cause: parts.cause });
    this.code = code;
    this.field = clip(parts.field ?? "");
    this.expected = clip(parts.expected ?? "");
    this.got = clip(parts.got ?? "");
    this.retryAfterMs = parts.retryAfterMs;
  }

  /**
   * Turns any throwable into a ServiceError. If the operating system refused something, the client gets a sentence that says
   * what and how to fix it. Anything else is a defect, and the client gets a fixed message. The throwable becomes the cause.
   * @param subject begins the sentence about the operating system's refusal.
   */
  static from(thrown: unknown, subject = "the server"): ServiceError {
    if (thrown instanceof ServiceError) {
      return thrown;
    }
    const fault = systemFault(thrown);
    const message = fault === undefined ? INTERNAL_MESSAGE : `${subject}: ${fault.sentence}`;
    return new ServiceError(ErrorCode.INTERNAL, message, { cause: thrown });
  }

  /** The code without its prefix, as in `DIM_MISMATCH`; for logs and metrics. */
  get codeName(): string {
    return ErrorCode[this.code] ?? "UNSPECIFIED";
  }
}

/** Most characters of each part. All parts travel in the call's trailers, which peers limit to 8 or 16 KiB. */
const MOST_CHARACTERS = 256;

/** Shortens a text without splitting a surrogate pair: half of one cannot be encoded. */
function clip(text: string): string {
  if (text.length <= MOST_CHARACTERS) {
    return text;
  }
  const points = Array.from(text.slice(0, MOST_CHARACTERS + 1));
  return `${points.slice(0, -1).join("")}…`;
}
