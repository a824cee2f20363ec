import { fromBinary } from "@bufbuild/protobuf";
import { anyUnpack } from "@bufbuild/protobuf/wkt";
import { status as GrpcStatus, type Metadata } from "@grpc/grpc-js";
import { type ErrorDetail, ErrorDetailSchema, StatusSchema } from "@maxsimd/proto";
import type { Endpoint } from "../address.js";
import { explainFailure } from "./connect-failure.js";
import { nameOfStatus } from "./error-code.js";
import { errorOfDetail, MaxsimRpcError } from "./maxsim-rpc-error.js";

/** The final status of a call as grpc-js reports it; the errors of grpc-js have the same shape. */
export interface FinalStatus {
  code: number;
  details: string;
  metadata: Metadata;
}

/**
 * The error of a final status other than OK. It assumes that the caller has not cancelled. Then CANCELLED without a typed reason
 * means that the server dropped the call (grpc-js's forceShutdown does so), which is the same as a lost connection.
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

/** Whether a value that grpc-js threw is a final status. */
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
