import type { ErrorDetail } from "@maxsimd/proto";
import { type MaxsimErrorCode, nameOfCode, statusOfCode } from "./error-code.js";

/** Parts of a `MaxsimRpcError`. */
export interface MaxsimRpcErrorInit {
  code: MaxsimErrorCode;
  message: string;
  /** Default: the gRPC status of the code. */
  grpcStatus?: number | undefined;
  field?: string | undefined;
  expected?: string | undefined;
  got?: string | undefined;
  retryAfterMs?: number | undefined;
  cause?: unknown;
}

/** The error of every call of this package, and of every query that failed in a batch or stream. */
export class MaxsimRpcError extends Error {
  override readonly name = "MaxsimRpcError";
  /** The reason, from a closed set. */
  readonly code: MaxsimErrorCode;
  /** The gRPC status code, a number. */
  readonly grpcStatus: number;
  /** The faulty field or parameter, by its name in the wire contract; empty if the error is not about one. */
  readonly field: string;
  /** What was expected; empty if it does not apply. */
  readonly expected: string;
  /** What was found; empty if it does not apply. */
  readonly got: string;
  /** Milliseconds after which the server asks the client to try again; undefined if it does not ask. */
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

/** The error of an argument that this package rejects itself. `fix` is left out where it follows from what was expected. */
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

/** The error of a parameter outside its range. */
export function badParameter(field: string, expected: string, got: string, fix?: string, cause?: unknown) {
  return badArgument("INVALID_PARAMETER", field, expected, got, fix, cause);
}

/** The error that a wire message describes. */
export function errorOfDetail(detail: ErrorDetail, grpcStatus?: number, cause?: unknown): MaxsimRpcError {
  const code = nameOfCode(detail.code);
  return new MaxsimRpcError({
    code,
    grpcStatus: grpcStatus ?? statusOfCode(code),
    message: detail.message || `the server gives no other reason than ${code}`,
    field: detail.field,
    expected: detail.expected,
    got: detail.got,
    retryAfterMs: detail.retryAfterMs,
    cause,
  });
}
