import type { Client, Metadata } from "@grpc/grpc-js";
import type { Endpoint } from "../address.js";
import { errorOfStatus } from "../errors/decode-status.js";
import { MaxsimRpcError } from "../errors/maxsim-rpc-error.js";
import { cancelledBy } from "./cancelled.js";
import type { WireMethod } from "./wire-method.js";

/** What every call has beside its message. */
export interface CallSettings {
  metadata: Metadata;
  /** Milliseconds since the epoch; infinite = none. */
  deadline: number;
  signal?: AbortSignal | undefined;
  /** Where the call goes; named in the error of a connection that is not made. */
  endpoint: Endpoint;
}

/** Makes one attempt of a unary call. */
export function callUnary<Request, Response>(
  client: Client,
  method: WireMethod<Request, Response>,
  message: Request,
  { metadata, deadline, signal, endpoint }: CallSettings,
): Promise<Response> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(cancelledBy(signal));
      return;
    }
    const call = client.makeUnaryRequest(
      method.path,
      method.serialize,
      method.deserialize,
      message,
      metadata,
      { deadline },
      (error, response) => {
        signal?.removeEventListener("abort", cancel);
        if (signal?.aborted) reject(cancelledBy(signal));
        else if (error) reject(errorOfStatus(error, endpoint));
        else if (response === undefined)
          reject(new MaxsimRpcError({ code: "INTERNAL", message: "the answer is empty" }));
        else resolve(response);
      },
    );
    const cancel = () => call.cancel();
    signal?.addEventListener("abort", cancel, { once: true });
  });
}
