import type { ErrorDetail } from "@maxsimd/proto";
import { type MaxsimErrorCode, nameOfCode, statusOfCode } from "./error-code.js";

/** What a `MaxsimRpcError` is made of. */
export interface MaxsimRpcErrorInit {
  code: MaxsimErrorCode;
  message: string;
  /** Default: the gRPC status that the code travels under. */
  grpcStatus?: number | undefined;
  field?: string | undefined;
  expected?: string | undefined;
  got?: string | undefined;
  retryAfterMs?: number | undefined;
  cause?: unknown;
}

/** The error of every call of this package, and of every query that failed within a batch or stream. */
export class MaxsimRpcError extends Error {
  override readonly name = "MaxsimRpcError";
  /** The reason, one of a closed set. */
  readonly code: MaxsimErrorCode;
  /** google.rpc.Code, a number. */
  readonly grpcStatus: number;
  /** The field or parameter at fault, as the wire contract names it; empty if none. */
  readonly field: string;
  /** What was expected and what was found; empty if it does not apply. */
  readonly expected: string;
  readonly got: string;
  /** Milliseconds after which the server asks to try again; undefined if it did not ask. */
  readonly retryAfterMs: number | undefined;

  constructor(init: MaxsimRpcErrorInit) {
    super(init.message, init.cause === undefined ? undefined : { cause: init.cause });
    this.code = init.code;
    this.grpcStatus = init.grpcStatus ?? statusOfCode(init.code);
    this.field = init.field ?? "";
    this.expected = init.expected ?? "";
    this.got = init.got ?? "";
    this.retryAfterMs = init.retryAfterMs;
  }
}

/** The error of an argument that this package rejects itself: what was expected, what was found, and the fix if it is not plain. */
export function badArgument(
  code: MaxsimErrorCode,
  field: string,
  expected: string,
  got: string,
  fix?: string,
  cause?: unknown,
): MaxsimRpcError {
  const message = `${field}: expected ${expected}, got ${got}${fix === undefined ? "" : `: ${fix}`}`;
  return new MaxsimRpcError({ code, message, field, expected, got, cause });
}

/** The error that a detail of the wire describes. */
export function errorOfDetail(detail: ErrorDetail, grpcStatus?: number, cause?: unknown): MaxsimRpcError {
  const code = nameOfCode(detail.code);
  return new MaxsimRpcError({
    code,
    grpcStatus: grpcStatus ?? statusOfCode(code),
    message: detail.message || `the server gives no reason beside ${code}`,
    field: detail.field,
    expected: detail.expected,
    got: detail.got,
    retryAfterMs: detail.retryAfterMs,
    cause,
  });
}
