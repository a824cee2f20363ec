import { create } from "@bufbuild/protobuf";
import { type ErrorDetail, ErrorDetailSchema } from "@maxsimd/proto";
import type { ServiceError } from "./service-error.js";

/** The form an error has on the wire: in the status trailer of a call, and as the outcome of one query of many. */
export function toErrorDetail(error: ServiceError): ErrorDetail {
  const detail = create(ErrorDetailSchema, {
    code: error.code,
    message: error.message,
    field: error.field,
    expected: error.expected,
    got: error.got,
  });
  if (error.retryAfterMs !== undefined) {
    detail.retryAfterMs = error.retryAfterMs;
  }
  return detail;
}
