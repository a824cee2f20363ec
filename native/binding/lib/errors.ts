/** What went wrong in a call of this package. */
export type ErrorCode =
  | "INVALID_DTYPE"
  | "DIM_MISMATCH"
  | "SHAPE_MISMATCH"
  | "NON_FINITE"
  | "EMPTY_QUERY"
  | "INVALID_PARAMETER"
  | "INVALID_INPUT"
  | "INDEX_FORMAT"
  | "INDEX_CORRUPT"
  | "IO"
  | "MEMORY"
  | "CANCELLED"
  | "CLOSED"
  | "INTERNAL";

/** Where an error lies and what would have been right. */
export interface ErrorParts {
  code: ErrorCode;
  message: string;
  /** Parameter, input or part at fault; empty if none. */
  field: string;
  /** What was expected; empty if it does not apply. */
  expected: string;
  /** What was found; empty if it does not apply. */
  got: string;
}

/** The error of every call of this package. */
export class MaxsimError extends Error {
  override readonly name = "MaxsimError";
  readonly code: ErrorCode;
  readonly field: string;
  readonly expected: string;
  readonly got: string;

  constructor(parts: ErrorParts, options?: ErrorOptions) {
    super(parts.message, options);
    this.code = parts.code;
    this.field = parts.field;
    this.expected = parts.expected;
    this.got = parts.got;
  }
}

/** A parameter outside its range. */
export function invalidParameter(name: string, expected: string, got: unknown): MaxsimError {
  const found = String(got);
  const message = `parameter ${name}: expected ${expected}, got ${found}`;
  return new MaxsimError({ code: "INVALID_PARAMETER", message, field: name, expected, got: found });
}

/** The typed form of whatever a native call threw. */
export function fromNative(thrown: unknown): MaxsimError {
  if (thrown instanceof MaxsimError) return thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  try {
    return new MaxsimError(JSON.parse(message) as ErrorParts);
  } catch {
    return new MaxsimError({ code: "INTERNAL", message, field: "", expected: "", got: "" }, { cause: thrown });
  }
}

/** Runs a synchronous native call. */
export function callNative<T>(call: () => T): T {
  try {
    return call();
  } catch (thrown) {
    throw fromNative(thrown);
  }
}

/** Awaits a native call. */
export async function awaitNative<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (thrown) {
    throw fromNative(thrown);
  }
}
