import { create, toBinary } from "@bufbuild/protobuf";
import { anyPack } from "@bufbuild/protobuf/wkt";
import { Metadata, type StatusObject } from "@grpc/grpc-js";
import { ErrorDetailSchema, StatusSchema } from "@maxsimd/proto";
import { toErrorDetail } from "../errors/error-detail.js";
import { grpcCodeOf } from "../errors/grpc-code.js";
import type { ServiceError } from "../errors/service-error.js";

/** The trailer in which gRPC's rich errors travel: a google.rpc.Status. */
const DETAILS_TRAILER = "grpc-status-details-bin";
/** The trailer that tells gRPC's own retries when to come back, in milliseconds. */
const PUSHBACK_TRAILER = "grpc-retry-pushback-ms";

/** The status of a call that ends with an error; its trailer holds the typed detail. */
export function toStatus(error: ServiceError): StatusObject {
  const code = grpcCodeOf(error.code);
  const status = create(StatusSchema, {
    code,
    message: error.message,
    details: [anyPack(ErrorDetailSchema, toErrorDetail(error))],
  });
  const metadata = new Metadata();
  metadata.set(DETAILS_TRAILER, Buffer.from(toBinary(StatusSchema, status)));
  if (error.retryAfterMs !== undefined) {
    metadata.set(PUSHBACK_TRAILER, String(error.retryAfterMs));
  }
  return { code, details: error.message, metadata };
}
