import { type ClientHttp2Session, type ClientHttp2Stream, connect, constants } from "node:http2";
import {
  create,
  type DescMessage,
  type DescMethod,
  fromBinary,
  type MessageInitShape,
  toBinary,
} from "@bufbuild/protobuf";
import { anyUnpack } from "@bufbuild/protobuf/wkt";
import { ErrorCode, ErrorDetailSchema, StatusSchema } from "@maxsimd/proto";

/** How a call ended. */
export interface Reply {
  /** Number of the gRPC status; -1 if the stream or connection was lost without one. */
  readonly status: number;
  /** The status message, or what happened to the stream. */
  readonly text: string;
  /** Name of the closed error code in the detail; empty without a detail. */
  readonly code: string;
  readonly messages: readonly Buffer[];
  /** From sending to the end. */
  readonly ms: number;
}

/** The text of a reply to a call that was not sent, because the connection was closed before it. */
export const NOT_SENT = "not sent";

export interface SendOptions {
  /** The header `grpc-timeout`, as it stands. */
  readonly timeout?: string | undefined;
  readonly headers?: Readonly<Record<string, string>>;
  /** Called with each message; then the reply holds no messages. */
  readonly onMessage?: (message: Buffer) => void;
}

/** Serializes a message. */
export function bytesOf<M extends DescMessage>(schema: M, init: MessageInitShape<M>): Buffer {
  return Buffer.from(toBinary(schema, create(schema, init)));
}

export function pathOf(method: DescMethod): string {
  return `/${method.parent.typeName}/${method.name}`;
}

/** A message as gRPC frames it. */
export function framed(message: Buffer, compressed = 0): Buffer {
  const frame = Buffer.allocUnsafe(5 + message.length);
  frame[0] = compressed;
  frame.writeUInt32BE(message.length, 1);
  message.copy(frame, 5);
  return frame;
}

/** A call whose caller sends as it likes. */
export interface OpenCall {
  readonly stream: ClientHttp2Stream;
  readonly reply: Promise<Reply>;
}

/**
 * One connection on which calls are as cheap as Node makes them, and which retries nothing and hides nothing: a gRPC library would share the
 * processor with the server that is measured.
 */
export class WireClient {
  readonly session: ClientHttp2Session;

  constructor(address: string) {
    this.session = connect(`http://${address}`);
    // Each call reports the loss of the connection.
    this.session.on("error", () => undefined);
    this.session.setMaxListeners(0);
  }

  /** Sends one request, and resolves to how the call ended; never rejects. */
  send(path: string, request: Buffer, options: SendOptions = {}): Promise<Reply> {
    if (this.session.closed || this.session.destroyed) {
      return Promise.resolve({ status: -1, text: NOT_SENT, code: "", messages: [], ms: 0 });
    }
    const call = this.open(path, options);
    call.stream.end(framed(request));
    return call.reply;
  }

  /** Begins a call without sending a message. */
  open(path: string, { timeout, headers, onMessage }: SendOptions = {}): OpenCall {
    const began = performance.now();
    const stream = this.#request({
      ":method": "POST",
      ":path": path,
      te: "trailers",
      "content-type": "application/grpc",
      ...(timeout === undefined ? {} : { "grpc-timeout": timeout }),
      ...headers,
    });
    return { stream, reply: replyOf(stream, began, onMessage) };
  }

  close(): void {
    this.session.destroy();
  }

  #request(headers: Record<string, string>): ClientHttp2Stream {
    return this.session.request(headers);
  }
}

function replyOf(stream: ClientHttp2Stream, began: number, onMessage?: (message: Buffer) => void): Promise<Reply> {
  return new Promise((resolve) => {
    const messages: Buffer[] = [];
    const take = onMessage ?? ((message: Buffer) => void messages.push(message));
    let trailers: Record<string, unknown> = {};
    let failure = "";
    let rest: Buffer = Buffer.alloc(0);
    stream.on("response", (headers) => {
      if (headers["grpc-status"] !== undefined) trailers = headers;
      else if (headers[":status"] !== 200) failure = `HTTP status ${headers[":status"]}`;
    });
    stream.on("trailers", (headers) => {
      trailers = headers;
    });
    stream.on("data", (chunk: Buffer) => {
      rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      while (rest.length >= 5) {
        const length = rest.readUInt32BE(1);
        if (rest.length < 5 + length) break;
        take(rest.subarray(5, 5 + length));
        rest = rest.subarray(5 + length);
      }
    });
    stream.on("error", (error) => {
      failure = error.message;
    });
    stream.on("close", () => {
      const status = trailers["grpc-status"];
      const code = stream.rstCode ?? constants.NGHTTP2_NO_ERROR;
      const lost = code === constants.NGHTTP2_NO_ERROR ? failure || "closed without a status" : `reset ${code}`;
      resolve({
        status: status === undefined ? -1 : Number(status),
        text: status === undefined ? lost : String(trailers["grpc-message"] ?? ""),
        code: codeOf(trailers["grpc-status-details-bin"]),
        messages,
        ms: performance.now() - began,
      });
    });
  });
}

function codeOf(detail: unknown): string {
  if (typeof detail !== "string") return "";
  const [any] = fromBinary(StatusSchema, Buffer.from(detail, "base64")).details;
  const unpacked = any === undefined ? undefined : anyUnpack(any, ErrorDetailSchema);
  return unpacked === undefined ? "" : (ErrorCode[unpacked.code] ?? "");
}
