import type { DescService } from "@bufbuild/protobuf";
import type { Server } from "@grpc/grpc-js";
import type { Handlers } from "../services/call-context.js";
import type { CallPort, DeadlinePolicy } from "./call-scope.js";
import { bidi, clientStream, serverStream, unary } from "./calls.js";

/** How long the calls of a service may take. */
export interface ServiceDeadlines {
  readonly unary: DeadlinePolicy;
  /** Bidirectional streams. */
  readonly bidi: DeadlinePolicy;
}

/** A service with its handlers, whose types `served` has checked. */
export interface ServedService {
  readonly service: DescService;
  readonly handlers: Readonly<Record<string, unknown>>;
  readonly deadlines: ServiceDeadlines;
}

/** Pairs a service with a handler for each of its methods. */
export function served<Service extends DescService>(
  service: Service,
  handlers: Handlers<Service>,
  deadlines: ServiceDeadlines,
): ServedService {
  return { service, handlers: handlers as ServedService["handlers"], deadlines };
}

/**
 * Adds a service to a grpc-js server, which passes messages through as bytes. They are decoded in the handler, so that bytes
 * that do not parse are a typed error, and what is written has a known size.
 */
export function addService(server: Server, port: CallPort, { service, handlers, deadlines }: ServedService): void {
  for (const method of service.methods) {
    const name = `${service.typeName}/${method.name}`;
    // biome-ignore lint/suspicious/noExplicitAny: `served` has checked that the handler is the method's
    const handler = handlers[method.localName] as any;
    const base = { port, name, method, handler };
    switch (method.methodKind) {
      case "unary":
        server.register(`/${name}`, unary({ ...base, policy: deadlines.unary }), asIs, asIs, "unary");
        break;
      case "server_streaming":
        server.register(`/${name}`, serverStream({ ...base, policy: deadlines.unary }), asIs, asIs, "serverStream");
        break;
      case "bidi_streaming":
        server.register(`/${name}`, bidi({ ...base, policy: deadlines.bidi }), asIs, asIs, "bidi");
        break;
      case "client_streaming":
        server.register(`/${name}`, clientStream({ ...base, policy: deadlines.unary }), asIs, asIs, "clientStream");
        break;
    }
  }
}

function asIs(bytes: Buffer): Buffer {
  return bytes;
}
