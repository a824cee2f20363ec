/**
 * Accesses to internals of grpc-js 1.14, for what its API lacks. Each throws if another version of grpc-js differs; those that
 * prepare a server throw at its start.
 */
import type { IncomingHttpHeaders, ServerHttp2Session, ServerHttp2Stream } from "node:http2";
import type { Server as SocketServer } from "node:net";
import type { Server, StatusObject } from "@grpc/grpc-js";
import { ErrorCode } from "@maxsimd/proto";
import { ServiceError } from "../errors/service-error.js";
import { expired, parseGrpcTimeout, TIMEOUT_HEADER } from "./grpc-timeout.js";
import { toStatus } from "./status.js";

type StreamHandler = (interceptors: unknown, stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => void;

interface ServerInternals {
  commonServerOptions: { settings?: Record<string, unknown> };
  _streamHandler: StreamHandler;
  handlers: Map<string, unknown>;
  channelzEnabled: boolean;
  http2Servers: Map<SocketServer, { readonly sessions: Set<ServerHttp2Session> }>;
}

/** Bounds the size of a request's headers; grpc-js passes no such setting on to HTTP/2. Before the server is bound. */
export function limitHeaderList(server: Server, headerListBytes: number): void {
  const { commonServerOptions } = server as unknown as ServerInternals;
  if (typeof commonServerOptions !== "object") {
    throw new TypeError("this version of grpc-js keeps its HTTP/2 options elsewhere");
  }
  commonServerOptions.settings = { ...commonServerOptions.settings, maxHeaderListSize: headerListBytes };
  // HTTP/2 enforces the size from when the peer has acknowledged it, and 64 KiB until then.
  interceptStreams(server, (stream, headers) => {
    const got = stream.session?.pendingSettingsAck === true ? headerListSize(headers) : 0;
    if (got > headerListBytes) {
      refuse(stream, headersTooLarge(headerListBytes, got));
    }
    return got <= headerListBytes;
  });
}

/** The size of headers as HTTP/2 counts it. */
function headerListSize(headers: IncomingHttpHeaders): number {
  const each = 32;
  let bytes = 0;
  for (const [name, value] of Object.entries(headers)) {
    for (const text of Array.isArray(value) ? value : [value ?? ""]) {
      bytes += name.length + text.length + each;
    }
  }
  return bytes;
}

function headersTooLarge(most: number, got: number): ServiceError {
  return new ServiceError(
    ErrorCode.LIMIT_EXCEEDED,
    "the headers of the call are too large; send fewer or shorter ones",
    {
      field: "headerListBytes",
      expected: `at most ${most} bytes`,
      got: String(got),
    },
  );
}

/** The time that the caller of each HTTP/2 stream allows, in milliseconds, or the error for a header that does not parse. */
const timeouts = new WeakMap<ServerHttp2Stream, number | ServiceError>();

/**
 * Reads the deadlines of calls under `prefix` in place of grpc-js, which wraps them at int32 milliseconds and ends calls
 * without a typed error. It does not see their `grpc-timeout` header and so sets no timer; see `timeoutOf`. Other calls
 * (health, reflection) keep the header, shortened to what a timer holds; one that does not parse, or is over already, ends the call as it
 * ends those. Call it before the server is bound.
 */
export function takeOverDeadlines(server: Server, prefix: string): void {
  interceptStreams(server, (stream, headers) => {
    const text = headers[TIMEOUT_HEADER];
    if (typeof text === "string") {
      const timeout = parseGrpcTimeout(text);
      if (headers[":path"]?.startsWith(prefix)) {
        timeouts.set(stream, timeout);
        Reflect.deleteProperty(headers, TIMEOUT_HEADER);
      } else {
        if (timeout instanceof ServiceError || timeout === 0) {
          refuse(stream, timeout === 0 ? expired(0) : timeout);
          return false;
        }
        headers[TIMEOUT_HEADER] = `${Math.min(99_999_999, timeout)}m`;
      }
    }
    return true;
  });
}

/**
 * Calls `admit` with each HTTP/2 stream and its headers, which it may change, before grpc-js sees them. If it returns false it has
 * answered, and grpc-js does not learn of the stream. The latest interceptor is the first to be called. Before the server is bound.
 */
export function interceptStreams(
  server: Server,
  admit: (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => boolean,
): void {
  const internals = server as unknown as ServerInternals;
  const original = internals._streamHandler;
  // With channelz another function handles them.
  if (typeof original !== "function" || internals.channelzEnabled !== false) {
    throw new TypeError("this server of grpc-js handles streams elsewhere");
  }
  internals._streamHandler = function handle(this: unknown, interceptors, stream, headers) {
    if (admit(stream, headers)) {
      original.call(this, interceptors, stream, headers);
    }
  };
}

/** Paths of all methods that were added to a server, as in `/grpc.health.v1.Health/Check`. */
export function servedPaths(server: Server): string[] {
  const { handlers } = server as unknown as ServerInternals;
  if (!(handlers instanceof Map)) {
    throw new TypeError("this version of grpc-js keeps its handlers elsewhere");
  }
  return [...handlers.keys()];
}

/** Ends a call that no handler has. */
function refuse(stream: ServerHttp2Stream, error: ServiceError): void {
  const { code, details, metadata } = toStatus(error);
  // A peer that has reset the stream needs no answer.
  stream.on("error", () => undefined);
  stream.resume();
  const head = { ":status": 200, "content-type": "application/grpc+proto" };
  const status = { "grpc-status": code, "grpc-message": encodeURI(details), ...metadata?.toHttp2Headers() };
  stream.respond({ ...head, ...status }, { endStream: true });
}

/** What reads the messages of a call in grpc-js, of which its methods call each other on the object itself. */
export interface MessageReader {
  readonly stream: ServerHttp2Stream;
  sendStatus(status: StatusObject): void;
  decompressAndMaybePush(entry: { readonly compressedMessage: Buffer }): Promise<void>;
  decompressMessage(message: Buffer, encoding: string): Buffer | Promise<Buffer>;
  handleDataFrame(data: Buffer): void;
  handleEndEvent(): void;
  /** Whether the call has ended. */
  checkCancelled(): boolean;
  /** Whether the handler waits for a message. */
  readonly isReadPending: boolean;
  /** Messages that the handler has not asked for yet. */
  readonly readQueue: readonly unknown[];
  readonly incomingEncoding: string;
  /** Bytes of a message, also after decompression; -1 without a limit. */
  readonly maxReceiveMessageSize: number;
  decoder: Decoder;
}

/** What cuts the bytes of a call into messages. */
export interface Decoder {
  /** Returns the messages, with their prefixes, that are whole now. */
  write(data: Buffer): Buffer[];
  /** Bytes that the last message lacks; undefined if not even its length has come whole. */
  readonly missing: number | undefined;
}

/** The reader of a call that an interceptor was given. */
export function messageReaderOf(call: object): MessageReader {
  const reader = call as MessageReader;
  const methods = [reader.decompressAndMaybePush, reader.decompressMessage, reader.handleDataFrame];
  if (methods.some((method) => typeof method !== "function") || typeof reader.decoder?.write !== "function") {
    throw new TypeError("this version of grpc-js reads messages elsewhere");
  }
  return reader;
}

/** The time that the caller of a stream allows, in milliseconds; undefined if it sets none, an error if its header does not parse. */
export function timeoutOf(stream: ServerHttp2Stream): number | ServiceError | undefined {
  return timeouts.get(stream);
}

/** The HTTP/2 stream under a call. Resetting it ends the call at once; a status waits until the peer has read what precedes it. */
export function http2StreamOf(call: object): ServerHttp2Stream {
  const { stream } = (call as { call: { stream?: ServerHttp2Stream } }).call;
  if (stream === undefined) {
    throw new TypeError("this version of grpc-js keeps a call's stream elsewhere");
  }
  return stream;
}

/** The servers that accept sockets for a server that is bound. */
export function socketServersOf(server: Server): SocketServer[] {
  return [...(server as unknown as ServerInternals).http2Servers.keys()];
}

/**
 * Ends every HTTP/2 session, and the sending side of its socket. grpc-js 1.14's own forceShutdown ends no session when channelz is
 * off.
 */
export function destroySessions(server: Server): void {
  for (const { sessions } of (server as unknown as ServerInternals).http2Servers.values()) {
    for (const session of sessions) {
      session.destroy();
    }
  }
}
