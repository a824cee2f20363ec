import { MaxsimRpcError } from "../errors/maxsim-rpc-error.js";

/** The error of a call that its caller cancelled; the signal's reason is the cause. */
export function cancelledBy(signal: AbortSignal): MaxsimRpcError {
  return new MaxsimRpcError({ code: "CANCELLED", message: "the caller cancelled", cause: signal.reason });
}
