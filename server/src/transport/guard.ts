import { constants, type ServerHttp2Stream } from "node:http2";
import type { Server } from "@grpc/grpc-js";
import { ErrorCode } from "@maxsimd/proto";
import type { Access, Grant, Unknown } from "../access/access.js";
import { RULES, type Scope } from "../access/rules.js";
import { ServiceError } from "../errors/service-error.js";
import { StartError } from "../errors/start-error.js";
import { http2StreamOf, interceptStreams, servedPaths } from "./grpc-internals.js";
import { peerIdentities } from "./peer-identities.js";
import { toStatus } from "./status.js";

/** A call that was refused at its headers; for the log and the metrics. */
export interface Refusal {
  /** As in `maxsimd.v1.SearchService/Search`; empty if the path is that of no method. */
  readonly method: string;
  readonly peer: string;
  readonly reason: Unknown | "missing scope";
  /** Name of the token or certificate, if it is valid. */
  readonly caller: string | undefined;
  /** Number of the gRPC status. */
  readonly grpcCode: number;
}

const HEADER = "authorization";
/** Whose each HTTP/2 stream is that was let in; that of an open method may be nobody's who is known. */
const callers = new WeakMap<ServerHttp2Stream, Grant | Unknown>();

/** Throws StartError if the server has a method without a rule. */
export function requireRules(server: Server): void {
  const without = servedPaths(server).filter((path) => !RULES.has(path));
  if (without.length > 0) {
    throw new StartError("INTERNAL", `no rule says who may call ${without.join(", ")}; add one to access/rules.ts`);
  }
}

/**
 * Checks each call by its headers, before grpc-js sees it: no handler exists by then, and no message was read. What is refused is
 * answered here. A path without a method is UNIMPLEMENTED, but only for callers who are known. Call it before the server is bound, and
 * after all else that intercepts streams.
 */
export function guardCalls(server: Server, access: Access, onRefused: (refusal: Refusal) => void): void {
  interceptStreams(server, (stream, headers) => {
    const path = headers[":path"] ?? "";
    const rule = RULES.get(path);
    const authorization = headers[HEADER];
    // The token goes no further.
    Reflect.deleteProperty(headers, HEADER);
    const caller = access.identify({ authorization, identities: peerIdentities(stream) });
    if (rule === "open") {
      callers.set(stream, caller);
      return true;
    }
    const error = typeof caller === "string" ? unauthenticated(caller) : denied(caller, rule);
    if (error === undefined) {
      callers.set(stream, caller);
      return true;
    }
    onRefused({
      method: rule === undefined ? "" : path.slice(1),
      peer: peerOf(stream),
      reason: typeof caller === "string" ? caller : "missing scope",
      caller: typeof caller === "string" ? undefined : caller.caller,
      grpcCode: answer(stream, error),
    });
    return false;
  });
}

/** The grant of a call; undefined without access control. */
export function grantOf(call: object): Grant | undefined {
  const caller = callers.get(http2StreamOf(call));
  return typeof caller === "object" ? caller : undefined;
}

/** Why the caller of an open method may not have what asks for a scope; undefined if it may. */
export function refusalOf(call: object, access: Access, scope: Scope): ServiceError | undefined {
  const caller = callers.get(http2StreamOf(call)) ?? "no token";
  if (typeof caller === "string") {
    return unauthenticated(caller);
  }
  return denied(caller, scope) ?? (access.stillAllows(caller, scope) ? undefined : revoked());
}

/** The error of a call whose token or certificate was taken out of the token file, or expired, while it ran. */
export function revoked(): ServiceError {
  return unauthenticated("unknown token");
}

/** The same for tokens that are unknown, revoked, expired and malformed. */
function unauthenticated(reason: Unknown): ServiceError {
  return new ServiceError(
    ErrorCode.UNAUTHENTICATED,
    "the server answers only callers that it knows; send a valid token",
    {
      field: HEADER,
      expected: "Bearer and a token that the server knows",
      got: reason === "no token" ? "no token" : "a token that is not valid",
    },
  );
}

function denied({ scopes }: Grant, rule: Scope | undefined): ServiceError | undefined {
  if (rule === undefined || scopes.has(rule)) {
    return undefined;
  }
  return new ServiceError(
    ErrorCode.PERMISSION_DENIED,
    `the method needs the scope ${rule}; use a token or certificate that has it`,
    { field: HEADER, expected: rule, got: [...scopes].join(", ") },
  );
}

/**
 * Ends a stream with a status and nothing else; returns the status's number. Node then closes the stream, so that the peer sends no more of
 * its request.
 */
function answer(stream: ServerHttp2Stream, error: ServiceError): number {
  const { code, details, metadata } = toStatus(error);
  // Whatever the peer does to a stream that has ended is of no interest.
  stream.on("error", () => undefined);
  stream.respond(
    {
      [constants.HTTP2_HEADER_STATUS]: constants.HTTP_STATUS_OK,
      [constants.HTTP2_HEADER_CONTENT_TYPE]: "application/grpc+proto",
      "grpc-status": code,
      "grpc-message": encodeURI(details),
      ...metadata.toHttp2Headers(),
    },
    { endStream: true },
  );
  return code;
}

function peerOf({ session }: ServerHttp2Stream): string {
  const { remoteAddress, remotePort } = session?.socket ?? {};
  return remoteAddress === undefined ? "unknown" : `${remoteAddress}:${remotePort}`;
}
