import { fromBinary } from "@bufbuild/protobuf";
import { anyUnpack } from "@bufbuild/protobuf/wkt";
import { status as GrpcStatus, type Metadata } from "@grpc/grpc-js";
import { type ErrorDetail, ErrorDetailSchema, StatusSchema } from "@maxsimd/proto";
import type { Endpoint } from "../address.js";
import { explainFailure } from "./connect-failure.js";
import { nameOfStatus } from "./error-code.js";
import { errorOfDetail, MaxsimRpcError } from "./maxsim-rpc-error.js";

/** A call's final status as grpc-js reports it; its errors have the same shape. */
export interface FinalStatus {
  code: number;
  details: string;
  metadata: Metadata;
}

/**
 * The error that a final status other than OK stands for. To be asked only where the caller has not cancelled: CANCELLED
 * without a typed reason then means that the server dropped the call (seen with grpc-js's forceShutdown), and that is to
 * its caller what a lost connection is.
 */
export function errorOfStatus(status: FinalStatus, endpoint: Endpoint): MaxsimRpcError {
  const detail = detailOf(status.metadata);
  if (detail !== undefined) return errorOfDetail(detail, status.code);
  if (status.code === GrpcStatus.CANCELLED) {
    return new MaxsimRpcError({ code: "UNAVAILABLE", grpcStatus: status.code, message: "the server dropped the call" });
  }
  const code = nameOfStatus(status.code);
  const message = explainFailure(status.details, endpoint) || status.details || `the call ended with ${code}`;
  return new MaxsimRpcError({ code, grpcStatus: status.code, message });
}

/** Whether a throwable of grpc-js carries a final status. */
export function isFinalStatus(error: unknown): error is FinalStatus {
  return error instanceof Error && "code" in error && typeof error.code === "number" && "metadata" in error;
}

function detailOf(metadata: Metadata): ErrorDetail | undefined {
  for (const value of metadata.get("grpc-status-details-bin")) {
    if (typeof value === "string") continue;
    try {
      for (const any of fromBinary(StatusSchema, value).details) {
        const detail = anyUnpack(any, ErrorDetailSchema);
        if (detail !== undefined) return detail;
      }
    } catch {
      // A proxy may have put something else here. The status itself still says what happened.
    }
  }
  return undefined;
}
