import { ErrorCode } from "@maxsimd/proto";
import { ServiceError } from "./service-error.js";
import { systemFault } from "./system-fault.js";

/** The message of a defect for clients. The cause stays in the log. */
const INTERNAL_MESSAGE = "the server failed; its log has the cause";

/**
 * Turns any throwable into a ServiceError. If the operating system refused something, the client gets a sentence that says
 * what and how to fix it; of anything else, which is a defect, a fixed message. The throwable is the cause, for the log.
 * @param subject begins the sentence about the operating system's refusal.
 */
export function toServiceError(thrown: unknown, subject = "the server"): ServiceError {
  if (thrown instanceof ServiceError) {
    return thrown;
  }
  const fault = systemFault(thrown);
  const message = fault === undefined ? INTERNAL_MESSAGE : `${subject}: ${fault.sentence}`;
  return new ServiceError(ErrorCode.INTERNAL, message, { cause: thrown });
}
