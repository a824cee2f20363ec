import type { DescMessage, DescMethod, Message } from "@bufbuild/protobuf";
import type {
  handleBidiStreamingCall,
  handleClientStreamingCall,
  handleServerStreamingCall,
  handleUnaryCall,
} from "@grpc/grpc-js";
import { timed } from "../observe/stations.js";
import type { BidiMethod, ClientStreamMethod, ServerStreamMethod, UnaryMethod } from "../services/call-context.js";
import { type CallPort, CallScope, type DeadlinePolicy } from "./call-scope.js";
import { decode, encode } from "./codec.js";
import { type ReadableCall, readRequests } from "./read-requests.js";
import { ResponseWriter, type WritableCall } from "./response-writer.js";

/** A method with its handler, and what its calls need. */
export interface ServedMethod<Handler> {
  readonly port: CallPort;
  /** Its full name, as in `maxsimd.v1.SearchService/Search`. */
  readonly name: string;
  readonly method: DescMethod;
  readonly handler: Handler;
  readonly policy: DeadlinePolicy;
}

// biome-ignore-start lint/suspicious/noExplicitAny: `served` pairs a method with its handler, see served-service.ts
type AnyUnary = UnaryMethod<any, any>;
type AnyServerStream = ServerStreamMethod<any, any>;
type AnyClientStream = ClientStreamMethod<any, any>;
type AnyBidi = BidiMethod<any, any>;
type AnyResponses = AsyncIterable<any>;
// biome-ignore-end lint/suspicious/noExplicitAny: `served` pairs a method with its handler, see served-service.ts

/** One request, one response. */
export function unary(served: ServedMethod<AnyUnary>): handleUnaryCall<Buffer, Buffer> {
  const { port, name, method, handler, policy } = served;
  return (call, callback) => {
    const scope = new CallScope(port, name, call, policy);
    const answer = async (): Promise<Buffer> => {
      scope.throwIfRefused();
      const response = encode(method.output, await handler(decodeFor(scope, method, call.request), scope));
      scope.throwIfExpired();
      return response;
    };
    scope.orAborted(answer()).then(
      (response) => {
        scope.succeed();
        timed("write", () => callback(null, response));
      },
      (error: unknown) => callback(scope.fail(error)),
    );
  };
}

/** One request, many responses. */
export function serverStream(served: ServedMethod<AnyServerStream>): handleServerStreamingCall<Buffer, Buffer> {
  const { port, name, method, handler, policy } = served;
  return (call) => {
    const scope = new CallScope(port, name, call, policy);
    void respond(port, scope, call, method.output, () => handler(decodeFor(scope, method, call.request), scope));
  };
}

/** Many requests, one response. Reading ends with an error when the server drains. */
export function clientStream(served: ServedMethod<AnyClientStream>): handleClientStreamingCall<Buffer, Buffer> {
  const { port, name, method, handler, policy } = served;
  return (call, callback) => {
    const scope = new CallScope(port, name, call, policy);
    const requests = requestsOf(port, scope, call, method);
    const answer = async (): Promise<Buffer> => {
      scope.throwIfRefused();
      return encode(method.output, await handler(requests, scope));
    };
    scope.orAborted(answer()).then(
      (response) => {
        scope.succeed();
        callback(null, response);
      },
      (error: unknown) => callback(scope.fail(error)),
    );
  };
}

/** Many requests, many responses. Reading ends when the server drains; what was read is still answered. */
export function bidi(served: ServedMethod<AnyBidi>): handleBidiStreamingCall<Buffer, Buffer> {
  const { port, name, method, handler, policy } = served;
  return (call) => {
    const scope = new CallScope(port, name, call, policy);
    const requests = requestsOf(port, scope, call, method);
    void respond(port, scope, call, method.output, () => handler(requests, scope));
  };
}

/** The requests of a call that may have many. */
function requestsOf(port: CallPort, scope: CallScope, call: ReadableCall, method: DescMethod): AsyncGenerator<Message> {
  const signals = [scope.signal, port.tracker.draining];
  return readRequests(
    call,
    (bytes) => decodeFor(scope, method, bytes),
    signals,
    () => scope.finishedMessage(),
  );
}

/** Decodes a request of a call. */
function decodeFor(scope: CallScope, { input }: DescMethod, bytes: Uint8Array): Message {
  const request = decode(input, bytes);
  scope.read(request);
  return request;
}

/**
 * Sends the responses of a handler, then the status. Asks for the next response when the client has room for it. If the call is
 * aborted, the handler is not asked for another.
 */
async function respond(
  port: CallPort,
  scope: CallScope,
  call: WritableCall,
  output: DescMessage,
  start: () => AnyResponses,
): Promise<void> {
  const writer = new ResponseWriter(call, scope.signal, port.stallMs);
  try {
    scope.throwIfRefused();
    for await (const response of start()) {
      await writer.write(encode(output, response));
    }
    scope.signal.throwIfAborted();
    scope.succeed();
    writer.end();
  } catch (error) {
    writer.fail(scope.fail(error));
  }
}
