import type { DescMethod, DescService, MessageShape } from "@bufbuild/protobuf";

/** What a service knows of the call it answers. The transport makes it. */
export interface CallContext {
  /** Aborts when the caller cancels or the deadline passes, with the ServiceError to end with as its reason. */
  readonly signal: AbortSignal;
  /** Epoch milliseconds; Infinity on a stream whose caller sets none. */
  readonly deadline: number;
  /** Stands for who calls, with whom others take turns: the name of the token or certificate; without access control, the connection. */
  readonly caller: unknown;
  /** Address of the caller, for the log. */
  readonly peer: string;
}

/** One request, one response. */
export type UnaryMethod<Request, Response> = (request: Request, context: CallContext) => Promise<Response> | Response;

/** One request, many responses. The next response is asked for when the caller has room for it. */
export type ServerStreamMethod<Request, Response> = (request: Request, context: CallContext) => AsyncIterable<Response>;

/** Many requests, one response. `requests` is as in a BidiMethod. */
export type ClientStreamMethod<Request, Response> = (
  requests: AsyncIterable<Request>,
  context: CallContext,
) => Promise<Response>;

/**
 * Many requests, many responses. `requests` reads from the caller only when asked for more; it throws the ServiceError to
 * end with when the server drains.
 */
export type BidiMethod<Request, Response> = (
  requests: AsyncIterable<Request>,
  context: CallContext,
) => AsyncIterable<Response>;

/** The handler that a method's shape asks for. */
type HandlerOf<Method extends DescMethod> = Method extends { methodKind: "unary" }
  ? UnaryMethod<MessageShape<Method["input"]>, MessageShape<Method["output"]>>
  : Method extends { methodKind: "server_streaming" }
    ? ServerStreamMethod<MessageShape<Method["input"]>, MessageShape<Method["output"]>>
    : Method extends { methodKind: "client_streaming" }
      ? ClientStreamMethod<MessageShape<Method["input"]>, MessageShape<Method["output"]>>
      : BidiMethod<MessageShape<Method["input"]>, MessageShape<Method["output"]>>;

/** A handler for every method of a service. */
export type Handlers<Service extends DescService> = {
  readonly [Name in keyof Service["method"]]: HandlerOf<Service["method"][Name]>;
};
