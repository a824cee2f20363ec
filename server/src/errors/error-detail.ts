import { create } from "@bufbuild/protobuf";
import { type ErrorDetail, ErrorDetailSchema } from "@maxsimd/proto";
import type { ServiceError } from "./service-error.js";

/** The form an error has on the wire: in the status trailer of a call, and as the outcome of one query of many. */
export function toErrorDetail({ code, message, field, expected, got, retryAfterMs }: ServiceError): ErrorDetail {
  return create(ErrorDetailSchema, { code, message, field, expected, got, retryAfterMs });
}
