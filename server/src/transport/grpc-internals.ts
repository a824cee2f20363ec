/**
 * The places where grpc-js 1.14 offers no way of its own, each checked when the server is made, so that another
 * version fails there and not under load.
 */
import type { IncomingHttpHeaders, ServerHttp2Session, ServerHttp2Stream } from "node:http2";
import type { Server } from "@grpc/grpc-js";
import { parseGrpcTimeout, TIMEOUT_HEADER } from "./grpc-timeout.js";

/** The header our calls find their time left in, as the text of `grpc-timeout`; what a caller sends under it is dropped. */
export const OWN_TIMEOUT_HEADER = "x-maxsimd-timeout";

type StreamHandler = (interceptors: unknown, stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => void;

interface ServerInternals {
  commonServerOptions: { settings?: Record<string, unknown> };
  _streamHandler: StreamHandler;
  http2Servers: Map<unknown, { readonly sessions: Set<ServerHttp2Session> }>;
}

/**
 * Bounds the size of a request's headers; grpc-js passes no such setting on to HTTP/2. Holds from when the peer has
 * acknowledged it; HTTP/2's own 64 KiB until then. Before the server is bound.
 */
export function limitHeaderList(server: Server, bytes: number): void {
  const { commonServerOptions } = server as unknown as ServerInternals;
  if (typeof commonServerOptions !== "object") {
    throw new TypeError("this version of grpc-js keeps its HTTP/2 options elsewhere");
  }
  commonServerOptions.settings = { ...commonServerOptions.settings, maxHeaderListSize: bytes };
}

/**
 * Takes deadlines over from grpc-js, which wraps them at int32 milliseconds and ends calls without a typed error. Calls
 * under `prefix` find the header renamed; others (health, reflection) keep it, bounded. Before the server is bound.
 */
export function takeOverDeadlines(server: Server, prefix: string): void {
  const internals = server as unknown as ServerInternals;
  const original = internals._streamHandler;
  if (typeof original !== "function") {
    throw new TypeError("this version of grpc-js handles streams elsewhere");
  }
  internals._streamHandler = function handle(this: unknown, interceptors, stream, headers) {
    const timeout = headers[TIMEOUT_HEADER];
    Reflect.deleteProperty(headers, TIMEOUT_HEADER);
    Reflect.deleteProperty(headers, OWN_TIMEOUT_HEADER);
    if (typeof timeout === "string") {
      if (headers[":path"]?.startsWith(prefix)) {
        headers[OWN_TIMEOUT_HEADER] = timeout;
      } else {
        const bounded = Math.min(99_999_999, parseGrpcTimeout(timeout) ?? 0);
        headers[TIMEOUT_HEADER] = `${bounded}m`;
      }
    }
    original.call(this, interceptors, stream, headers);
  };
}

/** The HTTP/2 stream under a call, to reset it: a status would wait behind what the peer does not read. */
export function http2StreamOf(call: object): ServerHttp2Stream {
  const { stream } = (call as { call: { stream?: ServerHttp2Stream } }).call;
  if (stream === undefined) {
    throw new TypeError("this version of grpc-js keeps a call's stream elsewhere");
  }
  return stream;
}

/** Ends every connection at once. Without channelz, forceShutdown of grpc-js 1.14 forgets those it should end. */
export function destroyConnections(server: Server): void {
  for (const { sessions } of (server as unknown as ServerInternals).http2Servers.values()) {
    for (const session of sessions) {
      session.destroy();
    }
  }
}
