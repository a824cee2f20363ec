import { ErrorCode } from "@maxsimd/proto";

/** The gRPC status codes in use, by number, so that only the transport needs a gRPC library. */
export const GrpcCode = {
  OK: 0,
  CANCELLED: 1,
  UNKNOWN: 2,
  INVALID_ARGUMENT: 3,
  DEADLINE_EXCEEDED: 4,
  NOT_FOUND: 5,
  RESOURCE_EXHAUSTED: 8,
  FAILED_PRECONDITION: 9,
  INTERNAL: 13,
  UNAVAILABLE: 14,
  DATA_LOSS: 15,
} as const;

const BY_ERROR_CODE: Readonly<Record<ErrorCode, number>> = {
  [ErrorCode.UNSPECIFIED]: GrpcCode.UNKNOWN,
  [ErrorCode.INVALID_DTYPE]: GrpcCode.INVALID_ARGUMENT,
  [ErrorCode.DIM_MISMATCH]: GrpcCode.INVALID_ARGUMENT,
  [ErrorCode.SHAPE_MISMATCH]: GrpcCode.INVALID_ARGUMENT,
  [ErrorCode.NON_FINITE]: GrpcCode.INVALID_ARGUMENT,
  [ErrorCode.EMPTY_QUERY]: GrpcCode.INVALID_ARGUMENT,
  [ErrorCode.INVALID_PARAMETER]: GrpcCode.INVALID_ARGUMENT,
  [ErrorCode.UNKNOWN_INDEX]: GrpcCode.NOT_FOUND,
  [ErrorCode.UNKNOWN_VERSION]: GrpcCode.NOT_FOUND,
  [ErrorCode.LIMIT_EXCEEDED]: GrpcCode.RESOURCE_EXHAUSTED,
  [ErrorCode.OVERLOADED]: GrpcCode.UNAVAILABLE,
  [ErrorCode.DEADLINE_EXPIRED]: GrpcCode.DEADLINE_EXCEEDED,
  [ErrorCode.CANCELLED]: GrpcCode.CANCELLED,
  [ErrorCode.SHUTTING_DOWN]: GrpcCode.UNAVAILABLE,
  [ErrorCode.INDEX_FORMAT]: GrpcCode.FAILED_PRECONDITION,
  [ErrorCode.INDEX_CORRUPT]: GrpcCode.DATA_LOSS,
  [ErrorCode.VERSION_IN_USE]: GrpcCode.FAILED_PRECONDITION,
  [ErrorCode.INTERNAL]: GrpcCode.INTERNAL,
};

/** The gRPC status of an error code: the only place where the two meet. */
export function grpcCodeOf(code: ErrorCode): number {
  return BY_ERROR_CODE[code];
}
