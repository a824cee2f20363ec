/** Reason of an error of this package. */
export type ErrorCode =
  | "INVALID_DTYPE"
  | "DIM_MISMATCH"
  | "SHAPE_MISMATCH"
  | "NON_FINITE"
  | "EMPTY_QUERY"
  | "INVALID_PARAMETER"
  | "INVALID_INPUT"
  | "INVALID_FILTER"
  | "CONFLICT"
  | "INDEX_FORMAT"
  | "INDEX_CORRUPT"
  | "INDEX_CHANGED"
  | "IO"
  | "MEMORY"
  | "CANCELLED"
  | "CLOSED"
  | "INTERNAL";

/** Parts of an error. */
export interface ErrorParts {
  code: ErrorCode;
  /** One lower-case sentence that says what is wrong. */
  message: string;
  /** The faulty parameter, input or part; empty if the error is not about one. */
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

  constructor(parts: Pick<ErrorParts, "code" | "message"> & Partial<ErrorParts>, options?: ErrorOptions) {
    super(parts.message, options);
    this.code = parts.code;
    this.field = parts.field ?? "";
    this.expected = parts.expected ?? "";
    this.got = parts.got ?? "";
  }
}

/** The error of an argument that does not fit. */
export function badArgument(code: ErrorCode, field: string, expected: string, got: string): MaxsimError {
  return new MaxsimError({ code, message: `${field}: expected ${expected}, got ${got}`, field, expected, got });
}

/** Rust types of arguments, in the words of JavaScript. */
const TYPES: Readonly<Record<string, string>> = {
  f64: "a number",
  u32: "a number",
  bool: "true or false",
  String: "a string",
  null: "null",
  "TypedArray<u16>": "a Uint16Array",
  "TypedArray<u32>": "a Uint32Array",
  "TypedArray<i32>": "an Int32Array",
};

/** The typed form of whatever a native call threw: our own parts as JSON, an argument of a wrong type, or a defect. */
export function fromNative(thrown: unknown): MaxsimError {
  const { message = String(thrown), code = "" } = thrown as { message?: string; code?: string };
  if (message.startsWith("{")) return new MaxsimError(JSON.parse(message) as ErrorParts);
  if (!/Expected$|^InvalidArg$/.test(code)) return new MaxsimError({ code: "INTERNAL", message }, { cause: thrown });
  // napi-rs names the types and the field of the Rust struct; the field is missing where the argument itself is wrong.
  const field = /(?: on \w+\.|Missing field `)(\w+)/.exec(message)?.[1] ?? "argument";
  const types = [...message.matchAll(/`([\w<>]+)`/g)].flatMap(([, type = ""]) => TYPES[type] ?? []);
  const got = /(?:JavaScript value `|napi value (?!into))(\w+)/.exec(message)?.[1]?.toLowerCase() ?? "another type";
  return badArgument("INVALID_PARAMETER", field, types.join(" or ") || "a value", got);
}
