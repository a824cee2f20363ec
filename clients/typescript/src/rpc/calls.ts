import type { Client, Metadata, requestCallback } from "@grpc/grpc-js";
import type { Endpoint } from "../address.js";
import { errorOfStatus, isFinalStatus } from "../errors/decode-status.js";
import { MaxsimRpcError } from "../errors/maxsim-rpc-error.js";
import type { WireMethod } from "./wire-method.js";

/** Settings of one attempt of a call. */
export interface CallSettings {
  metadata: Metadata;
  /** Milliseconds since the epoch; infinite = no deadline. */
  deadline: number;
  signal?: AbortSignal | undefined;
  /** Where the call goes; named in the error of a connection that is not made. */
  endpoint: Endpoint;
}

/** The error of a call that its caller cancelled; the signal's reason is its cause. */
export function cancelledBy(signal: AbortSignal): MaxsimRpcError {
  return new MaxsimRpcError({ code: "CANCELLED", message: "the caller cancelled", cause: signal.reason });
}

/** The callback of a call with one response, which settles its promise after `clear`. */
function settling<Response>(
  resolve: (response: Response) => void,
  reject: (error: MaxsimRpcError) => void,
  { signal, endpoint }: CallSettings,
  clear: () => void,
): requestCallback<Response> {
  return (error, response) => {
    clear();
    if (signal?.aborted) reject(cancelledBy(signal));
    else if (error) reject(errorOfStatus(error, endpoint));
    // grpc-js gives a response with every status that is OK.
    else resolve(response as Response);
  };
}

/** Makes one attempt of a unary call. */
export function callUnary<Request, Response>(
  client: Client,
  { path, serialize, deserialize }: WireMethod<Request, Response>,
  message: Request,
  settings: CallSettings,
): Promise<Response> {
  const { metadata, deadline, signal } = settings;
  return new Promise((resolve, reject) => {
    if (signal?.aborted) throw cancelledBy(signal);
    const call = client.makeUnaryRequest(
      path,
      serialize,
      deserialize,
      message,
      metadata,
      { deadline },
      settling<Response>(resolve, reject, settings, () => signal?.removeEventListener("abort", cancel)),
    );
    const cancel = () => call.cancel();
    signal?.addEventListener("abort", cancel, { once: true });
  });
}

/**
 * Makes one client-streaming call. The next message is asked for when the connection has room for it. If making a message fails, the call
 * is cancelled and rejects with that error.
 */
export function callClientStream<Request, Response>(
  client: Client,
  { path, serialize, deserialize }: WireMethod<Request, Response>,
  messages: AsyncIterable<Request>,
  settings: CallSettings,
): Promise<Response> {
  const { metadata, deadline, signal } = settings;
  return new Promise((resolve, reject) => {
    if (signal?.aborted) throw cancelledBy(signal);
    const call = client.makeClientStreamRequest(
      path,
      serialize,
      deserialize,
      metadata,
      { deadline },
      settling<Response>(resolve, reject, settings, () => signal?.removeEventListener("abort", cancel)),
    );
    const cancel = () => call.cancel();
    signal?.addEventListener("abort", cancel, { once: true });
    let ended = false;
    call.once("status", () => {
      ended = true;
      // Wakes the sending, if it waits for room: there is nothing more to wait for.
      call.emit("drain");
    });
    const send = async (): Promise<void> => {
      for await (const message of messages) {
        // The server may answer with an error before it has read all.
        if (ended) return;
        if (!call.write(message)) await new Promise((room) => call.once("drain", room));
      }
      call.end();
    };
    send().catch((error: unknown) => {
      reject(error);
      call.cancel();
    });
  });
}

/** Makes one server-streaming call. Messages are read as the caller takes them; leaving the loop early cancels the call. */
export async function* callServerStream<Request, Response>(
  client: Client,
  { path, serialize, deserialize }: WireMethod<Request, Response>,
  message: Request,
  { metadata, deadline, signal, endpoint }: CallSettings,
): AsyncGenerator<Response, void, undefined> {
  if (signal?.aborted) throw cancelledBy(signal);
  const call = client.makeServerStreamRequest(path, serialize, deserialize, message, metadata, { deadline });
  // After a cancel the call ends with an error, possibly when the loop below no longer listens.
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
