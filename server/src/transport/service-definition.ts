import type { DescMethod, DescService, MessageShape } from "@bufbuild/protobuf";
import type { ServiceDefinition, UntypedHandleCall, UntypedServiceImplementation } from "@grpc/grpc-js";
import type { BidiMethod, ServerStreamMethod, UnaryMethod } from "../services/call-context.js";
import type { CallPort, DeadlinePolicy } from "./call-scope.js";
import { bidi, serverStream, unary } from "./calls.js";

/** The handler that a method's shape asks for. */
export type HandlerOf<Method extends DescMethod> = Method extends { methodKind: "unary" }
  ? UnaryMethod<MessageShape<Method["input"]>, MessageShape<Method["output"]>>
  : Method extends { methodKind: "server_streaming" }
    ? ServerStreamMethod<MessageShape<Method["input"]>, MessageShape<Method["output"]>>
    : BidiMethod<MessageShape<Method["input"]>, MessageShape<Method["output"]>>;

/** A handler for every method of a service. */
export type Handlers<Service extends DescService> = {
  readonly [Name in keyof Service["method"]]: HandlerOf<Service["method"][Name]>;
};

/** How long the calls of a service may take. */
export interface ServiceDeadlines {
  readonly unary: DeadlinePolicy;
  /** Bidirectional streams. */
  readonly bidi: DeadlinePolicy;
}

/** A service of protobuf-es in the form that grpc-js serves. */
export interface ServableService {
  readonly definition: ServiceDefinition;
  readonly implementation: UntypedServiceImplementation;
}

/**
 * Fits a service's handlers to grpc-js. grpc-js passes messages through as bytes; they are decoded in the handler, so that
 * bytes that do not decode are a typed error and what is written has a known size.
 */
export function servableService<Service extends DescService>(
  port: CallPort,
  service: Service,
  handlers: Handlers<Service>,
  deadlines: ServiceDeadlines,
): ServableService {
  const definition: Record<string, ServiceDefinition[string]> = {};
  const implementation: UntypedServiceImplementation = {};
  for (const method of service.methods) {
    const streaming = method.methodKind;
    definition[method.localName] = {
      path: `/${service.typeName}/${method.name}`,
      requestStream: streaming === "bidi_streaming" || streaming === "client_streaming",
      responseStream: streaming === "bidi_streaming" || streaming === "server_streaming",
      requestSerialize: asIs,
      requestDeserialize: asIs,
      responseSerialize: asIs,
      responseDeserialize: asIs,
    };
    const handler = (handlers as Readonly<Record<string, unknown>>)[method.localName];
    implementation[method.localName] = handlerFor(port, method, handler, deadlines);
  }
  return { definition, implementation };
}

function handlerFor(
  port: CallPort,
  method: DescMethod,
  handler: unknown,
  deadlines: ServiceDeadlines,
): UntypedHandleCall {
  const name = `${method.parent.typeName}/${method.name}`;
  const served = { port, name, method };
  switch (method.methodKind) {
    case "unary":
      return unary({ ...served, handler: handler as UnaryMethod<unknown, unknown>, policy: deadlines.unary });
    case "server_streaming":
      return serverStream({
        ...served,
        handler: handler as ServerStreamMethod<unknown, unknown>,
        policy: deadlines.unary,
      });
    case "bidi_streaming":
      return bidi({ ...served, handler: handler as BidiMethod<unknown, unknown>, policy: deadlines.bidi });
    case "client_streaming":
      throw new TypeError(`${name}: client-streaming methods are not served`);
  }
}

function asIs(bytes: Buffer): Buffer {
  return bytes;
}
