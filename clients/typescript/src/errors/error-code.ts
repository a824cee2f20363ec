import { status as GrpcStatus } from "@grpc/grpc-js";
import { ErrorCode } from "@maxsimd/proto";

/** The error codes of the server: `ErrorCode` of the wire contract. */
export type ServerErrorCode = Exclude<keyof typeof ErrorCode, "UNSPECIFIED">;

/** The code of a failed call without a typed reason (no connection, a message too large for HTTP/2, …) is the name of its gRPC status. */
export type TransportErrorCode = Exclude<keyof typeof GrpcStatus, "OK">;

/** Why a call, or a query within a call, failed. */
export type MaxsimErrorCode = ServerErrorCode | TransportErrorCode;

const INVALID = GrpcStatus.INVALID_ARGUMENT;

/** The gRPC status of each code, as the wire contract documents it. */
const STATUS_OF: Readonly<Record<ServerErrorCode, GrpcStatus>> = {
  INVALID_DTYPE: INVALID,
  DIM_MISMATCH: INVALID,
  SHAPE_MISMATCH: INVALID,
  NON_FINITE: INVALID,
  EMPTY_QUERY: INVALID,
  INVALID_PARAMETER: INVALID,
  UNKNOWN_INDEX: GrpcStatus.NOT_FOUND,
  UNKNOWN_VERSION: GrpcStatus.NOT_FOUND,
  LIMIT_EXCEEDED: GrpcStatus.RESOURCE_EXHAUSTED,
  OVERLOADED: GrpcStatus.UNAVAILABLE,
  DEADLINE_EXPIRED: GrpcStatus.DEADLINE_EXCEEDED,
  CANCELLED: GrpcStatus.CANCELLED,
  SHUTTING_DOWN: GrpcStatus.UNAVAILABLE,
  INDEX_FORMAT: GrpcStatus.FAILED_PRECONDITION,
  INDEX_CORRUPT: GrpcStatus.DATA_LOSS,
  VERSION_IN_USE: GrpcStatus.FAILED_PRECONDITION,
  INTERNAL: GrpcStatus.INTERNAL,
  INVALID_FILTER: INVALID,
  INVALID_DOCUMENT: INVALID,
  CONFLICT: GrpcStatus.ABORTED,
  UNAUTHENTICATED: GrpcStatus.UNAUTHENTICATED,
  PERMISSION_DENIED: GrpcStatus.PERMISSION_DENIED,
};

/** The gRPC status of a code. */
export function statusOfCode(code: MaxsimErrorCode): GrpcStatus {
  return code in STATUS_OF ? STATUS_OF[code as ServerErrorCode] : GrpcStatus[code as TransportErrorCode];
}

/** Name of a code from the wire. `UNKNOWN` is a code of a newer server that this client does not know. */
export function nameOfCode(code: ErrorCode): MaxsimErrorCode {
  const name = ErrorCode[code] as keyof typeof ErrorCode | undefined;
  return name === undefined || name === "UNSPECIFIED" ? "UNKNOWN" : name;
}

/** Code of a failure without a typed reason. */
export function nameOfStatus(code: number): MaxsimErrorCode {
  if (code === GrpcStatus.DEADLINE_EXCEEDED) return "DEADLINE_EXPIRED";
  // The status that gRPC itself uses for a message that is too large.
  if (code === GrpcStatus.RESOURCE_EXHAUSTED) return "LIMIT_EXCEEDED";
  const name = GrpcStatus[code] as keyof typeof GrpcStatus | undefined;
  return name === undefined || name === "OK" ? "UNKNOWN" : name;
}
