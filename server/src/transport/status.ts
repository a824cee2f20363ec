import { create, toBinary } from "@bufbuild/protobuf";
import { anyPack } from "@bufbuild/protobuf/wkt";
import { Metadata, type StatusObject, status } from "@grpc/grpc-js";
import { ErrorCode, ErrorDetailSchema, StatusSchema } from "@maxsimd/proto";
import { toErrorDetail } from "../errors/error-detail.js";
import type { ServiceError } from "../errors/service-error.js";

/** The gRPC status code of each error code: the only place where the two meet. */
export const GRPC_CODES: Readonly<Record<ErrorCode, status>> = {
  [ErrorCode.UNSPECIFIED]: status.UNKNOWN,
  [ErrorCode.INVALID_DTYPE]: status.INVALID_ARGUMENT,
  [ErrorCode.DIM_MISMATCH]: status.INVALID_ARGUMENT,
  [ErrorCode.SHAPE_MISMATCH]: status.INVALID_ARGUMENT,
  [ErrorCode.NON_FINITE]: status.INVALID_ARGUMENT,
  [ErrorCode.EMPTY_QUERY]: status.INVALID_ARGUMENT,
  [ErrorCode.INVALID_PARAMETER]: status.INVALID_ARGUMENT,
  [ErrorCode.UNKNOWN_INDEX]: status.NOT_FOUND,
  [ErrorCode.UNKNOWN_VERSION]: status.NOT_FOUND,
  [ErrorCode.LIMIT_EXCEEDED]: status.RESOURCE_EXHAUSTED,
  [ErrorCode.OVERLOADED]: status.UNAVAILABLE,
  [ErrorCode.DEADLINE_EXPIRED]: status.DEADLINE_EXCEEDED,
  [ErrorCode.CANCELLED]: status.CANCELLED,
  [ErrorCode.SHUTTING_DOWN]: status.UNAVAILABLE,
  [ErrorCode.INDEX_FORMAT]: status.FAILED_PRECONDITION,
  [ErrorCode.INDEX_CORRUPT]: status.DATA_LOSS,
  [ErrorCode.VERSION_IN_USE]: status.FAILED_PRECONDITION,
  [ErrorCode.INTERNAL]: status.INTERNAL,
  [ErrorCode.INVALID_FILTER]: status.INVALID_ARGUMENT,
  [ErrorCode.INVALID_DOCUMENT]: status.INVALID_ARGUMENT,
  [ErrorCode.CONFLICT]: status.ABORTED,
  [ErrorCode.UNAUTHENTICATED]: status.UNAUTHENTICATED,
  [ErrorCode.PERMISSION_DENIED]: status.PERMISSION_DENIED,
};

/** The trailer in which gRPC's rich errors travel: a google.rpc.Status. */
const DETAILS_TRAILER = "grpc-status-details-bin";
/** The trailer that tells gRPC's own retries when to come back, in milliseconds. */
const PUSHBACK_TRAILER = "grpc-retry-pushback-ms";

/** The status of a call that ends with an error; its trailer holds the typed detail. */
export function toStatus(error: ServiceError): StatusObject {
  const { message } = error;
  const code = GRPC_CODES[error.code];
  const details = [anyPack(ErrorDetailSchema, toErrorDetail(error))];
  const metadata = new Metadata();
  metadata.set(DETAILS_TRAILER, Buffer.from(toBinary(StatusSchema, create(StatusSchema, { code, message, details }))));
  if (error.retryAfterMs !== undefined) {
    metadata.set(PUSHBACK_TRAILER, String(error.retryAfterMs));
  }
  return { code, details: message, metadata };
}
