import { ErrorCode } from "@maxsimd/proto";

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

/** The one error that clients are shown: a closed code, a sentence that says how to fix it, what was expected and found. */
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

  /** The code without its prefix, as in `DIM_MISMATCH`; for logs and metrics. */
  get codeName(): string {
    return ErrorCode[this.code] ?? "UNSPECIFIED";
  }
}

/** Characters of any part. All of them travel in the call's trailers, which peers bound to 8 or 16 KiB. */
const MOST_CHARACTERS = 256;

/** Shortens by whole code points: half of one could not be encoded. */
function clip(text: string): string {
  if (text.length <= MOST_CHARACTERS) {
    return text;
  }
  const points = Array.from(text.slice(0, MOST_CHARACTERS + 1));
  return `${points.slice(0, -1).join("")}…`;
}
