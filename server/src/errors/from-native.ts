import { ErrorCode } from "@maxsimd/proto";
import { ServiceError } from "./service-error.js";

/** The parts of an error of the native engine. They cross threads as plain data: a cloned Error loses its properties. */
export interface NativeFault {
  readonly code: string;
  readonly message: string;
  readonly field: string;
  readonly expected: string;
  readonly got: string;
}

const CODES: Readonly<Record<string, ErrorCode>> = {
  INVALID_DTYPE: ErrorCode.INVALID_DTYPE,
  DIM_MISMATCH: ErrorCode.DIM_MISMATCH,
  SHAPE_MISMATCH: ErrorCode.SHAPE_MISMATCH,
  NON_FINITE: ErrorCode.NON_FINITE,
  EMPTY_QUERY: ErrorCode.EMPTY_QUERY,
  INVALID_PARAMETER: ErrorCode.INVALID_PARAMETER,
  INVALID_FILTER: ErrorCode.INVALID_FILTER,
  CONFLICT: ErrorCode.CONFLICT,
  INDEX_FORMAT: ErrorCode.INDEX_FORMAT,
  INDEX_CORRUPT: ErrorCode.INDEX_CORRUPT,
  INDEX_CHANGED: ErrorCode.INDEX_CORRUPT,
  MEMORY: ErrorCode.LIMIT_EXCEEDED,
  CANCELLED: ErrorCode.CANCELLED,
};

/** Messages that replace native ones about a file, because those hold its path. */
const FILE_MESSAGES: Readonly<Record<string, string>> = {
  INDEX_FORMAT: "the file is not an index that this server reads; build it again with this release",
  INDEX_CORRUPT: "the file is cut short or damaged; restore it or build it again",
  INDEX_CHANGED: "the file was written to while it is served; try again when its bytes have been verified",
};

/** Whether a throwable has the form of an error of the native engine. */
function isNativeFault(thrown: unknown): thrown is NativeFault {
  if (typeof thrown !== "object" || thrown === null) {
    return false;
  }
  const parts = thrown as Record<string, unknown>;
  return ["code", "message", "field", "expected", "got"].every((name) => typeof parts[name] === "string");
}

/**
 * Maps an error of the native engine to a ServiceError. Codes that a served request cannot cause (IO, CLOSED, INTERNAL,
 * INVALID_INPUT) and anything unknown become INTERNAL: their messages may hold paths. The native error is the cause.
 */
export function fromNative(thrown: unknown): ServiceError {
  if (!isNativeFault(thrown)) {
    return ServiceError.from(thrown);
  }
  const code = CODES[thrown.code];
  if (code === undefined) {
    return ServiceError.from(thrown, "the index file");
  }
  const fileMessage = FILE_MESSAGES[thrown.code];
  return new ServiceError(code, fileMessage ?? thrown.message, {
    field: fileMessage === undefined ? thrown.field : "",
    expected: thrown.expected,
    got: thrown.got,
    cause: thrown,
  });
}

/**
 * Whether a native call failed because an index file changed since it was verified. The same call may succeed when it has been verified
 * again.
 */
export function isIndexChanged(error: ServiceError): boolean {
  return isNativeFault(error.cause) && error.cause.code === "INDEX_CHANGED";
}

/** Whether a native call ended with a panic, or with another defect of native code, rather than with an error that it knows. */
export function isNativeDefect(thrown: unknown): boolean {
  return isNativeFault(thrown) && thrown.code === "INTERNAL";
}
