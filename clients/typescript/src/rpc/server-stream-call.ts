import type { Client } from "@grpc/grpc-js";
import { errorOfStatus, isFinalStatus } from "../errors/decode-status.js";
import { cancelledBy } from "./cancelled.js";
import type { CallSettings } from "./unary-call.js";
import type { WireMethod } from "./wire-method.js";

/** Makes one server-streaming call. Messages are read as they are taken; leaving the loop early cancels the call. */
export async function* callServerStream<Request, Response>(
  client: Client,
  method: WireMethod<Request, Response>,
  message: Request,
  { metadata, deadline, signal, endpoint }: CallSettings,
): AsyncGenerator<Response, void, undefined> {
  if (signal?.aborted) throw cancelledBy(signal);
  const call = client.makeServerStreamRequest(method.path, method.serialize, method.deserialize, message, metadata, {
    deadline,
  });
  // Cancelling makes the call end with an error when the loop below, and its listener, may be gone.
  call.on("error", () => undefined);
  const cancel = () => call.cancel();
  signal?.addEventListener("abort", cancel, { once: true });
  try {
    for await (const response of call) {
      if (signal?.aborted) break;
      yield response as Response;
    }
  } catch (error) {
    if (signal?.aborted) throw cancelledBy(signal);
    throw isFinalStatus(error) ? errorOfStatus(error, endpoint) : error;
  } finally {
    signal?.removeEventListener("abort", cancel);
    call.cancel();
  }
  if (signal?.aborted) throw cancelledBy(signal);
}
