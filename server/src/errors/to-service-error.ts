import { ErrorCode } from "@maxsimd/proto";
import { ServiceError } from "./service-error.js";

/** What a client is told of a defect. The cause stays in the log. */
const INTERNAL_MESSAGE = "the server failed; its log has the cause";

/**
 * Turns any throwable into a ServiceError. A throwable that is none is a defect: the client gets a fixed message, and the
 * throwable is kept as the cause for the log.
 */
export function toServiceError(thrown: unknown): ServiceError {
  if (thrown instanceof ServiceError) {
    return thrown;
  }
  return new ServiceError(ErrorCode.INTERNAL, INTERNAL_MESSAGE, { cause: thrown });
}
