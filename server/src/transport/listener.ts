import type { Http2Session } from "node:http2";
import type { Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { type ChannelOptions, Server, ServerCredentials } from "@grpc/grpc-js";
import type { Access } from "../access/access.js";
import type { Address } from "../config/address.js";
import { FIXED, type Limits, MAX_TIMER_MS } from "../config/limits.js";
import type { TlsMaterial } from "../config/read-tls.js";
import { receiveCalls } from "./arrival.js";
import type { DeadlinePolicy, RpcObserver } from "./call-scope.js";
import { CallTracker } from "./call-tracker.js";
import { Connections } from "./connections.js";
import { destroySessions, limitHeaderList, socketServersOf, takeOverDeadlines } from "./grpc-internals.js";
import { guardCalls, requireRules, revoked } from "./guard.js";
import { HEALTH_SERVICE, Health } from "./health.js";
import type { Intake } from "./intake.js";
import { checkReceivedMessages } from "./received-messages.js";
import { addReflection } from "./reflection.js";
import { addService, type ServedService } from "./served-service.js";

/** Paths of the services of this package's proto begin with it; the deadlines of their calls are handled here. */
const OWN_PREFIX = "/maxsimd.";

export interface ListenerOptions {
  readonly limits: Limits;
  readonly observer: RpcObserver;
  /** Plaintext without it. */
  readonly tls: TlsMaterial | undefined;
  /** Who may call what; without it, everybody may call everything. */
  readonly access: Access | undefined;
  /** What all listeners of the server hold of their peers. */
  readonly intake: Intake;
  /** The services besides health and reflection. */
  readonly services: readonly ServedService[];
}

/** One gRPC listener with its services, health and reflection. The data port and the admin port are two of them. */
export class Listener {
  readonly #server: Server;
  readonly #tracker = new CallTracker();
  readonly #connections: Connections;
  readonly #health: Health;
  readonly #names: readonly string[];
  #injector: ReturnType<Server["createConnectionInjector"]> | undefined;

  /** Throws StartError if a method has no rule that says who may call it. */
  constructor(options: ListenerOptions) {
    const { limits, observer, access } = options;
    const policies = new Map(options.services.flatMap(unaryPolicies));
    const receiving = receiveCalls({
      intake: options.intake,
      observer: { ended: (...ending) => observer.endedArriving(...ending) },
      deadlineOf: (path) => policies.get(path),
    });
    this.#server = new Server({ ...channelLimits(limits), interceptors: [checkReceivedMessages, receiving] });
    limitHeaderList(this.#server, limits.headerListBytes);
    takeOverDeadlines(this.#server, OWN_PREFIX);
    this.#connections = new Connections({
      intake: options.intake,
      tls: options.tls,
      inject: (socket) => this.#startSession(socket),
      onRefused: (refused) => observer.connectionRefused(refused),
    });
    for (const service of options.services) {
      addService(this.#server, { tracker: this.#tracker, observer, access, stallMs: limits.stallMs }, service);
    }
    const names = options.services.map(({ service }) => service.typeName);
    // The empty name is the server as a whole.
    this.#names = ["", ...names];
    this.#health = new Health(this.#names, access);
    this.#health.addToServer(this.#server);
    addReflection(this.#server, [...names, HEALTH_SERVICE]);
    requireRules(this.#server);
    if (access !== undefined) {
      guardCalls(this.#server, access, (refusal) => observer.refused(refusal));
      access.onChange(() => this.#tracker.abortDisallowed(revoked()));
    }
  }

  /** Calls that have begun and not ended. */
  get activeCalls(): number {
    return this.#tracker.active;
  }

  /**
   * Listens; resolves to the port, which port 0 leaves to the system.
   * Rejects with the system's error if the address is in use, or is not one of this machine.
   */
  async bind(address: Address): Promise<number> {
    // Connections that are encrypted are decrypted before they come here.
    this.#injector = this.#server.createConnectionInjector(ServerCredentials.createInsecure());
    return this.#connections.listen(address);
  }

  /** Makes an HTTP/2 session of a socket. */
  #startSession(socket: Socket): Http2Session {
    let session: Http2Session | undefined;
    const [server] = socketServersOf(this.#server);
    server?.once("session", (made: Http2Session) => {
      session = made;
    });
    this.#injector?.injectConnection(socket);
    if (session === undefined) {
      throw new TypeError("this version of grpc-js makes sessions elsewhere");
    }
    return session;
  }

  /** Gives new connections other certificates; nothing without TLS. */
  replaceCertificates(tls: TlsMaterial): void {
    this.#connections.replaceCertificates(tls);
  }

  /**
   * What health says of the server and of each service, and of the indexes that are loaded: whether each answers. A draining listener is
   * NOT_SERVING whatever is set, and so is every index of a server that is.
   */
  setServing(serving: boolean, indexes: ReadonlyMap<string, boolean> = new Map()): void {
    const answers = serving && !this.#tracker.draining.aborted;
    this.#health.setServices(this.#names, answers);
    this.#health.setIndexes(new Map([...indexes].map(([index, inService]) => [index, answers && inService])));
  }

  /**
   * Refuses new connections and calls. Calls that have begun run to their end; a stream ends with UNAVAILABLE once what it
   * accepted is answered. After the grace, what is left is aborted. Resolves when all connections are closed, which takes at most the grace
   * and three times `FIXED.flushMs`, also if a handler or a peer does nothing any more.
   */
  async drain(graceMs: number): Promise<void> {
    const end = performance.now() + graceMs + FIXED.flushMs;
    const drained = this.#tracker.drain(graceMs);
    this.setServing(false);
    // Sends GOAWAY on every connection. Completes by itself unless a peer keeps a health watch or a reflection stream open, or does
    // not close its side.
    const ended = new Promise<void>((resolve) => {
      this.#server.tryShutdown(() => resolve());
    });
    const closed = Promise.all([ended, this.#connections.stop()]);
    await drained;
    // Gives the statuses that were just written time to reach their peers.
    await atMost(FIXED.flushMs, closed);
    destroySessions(this.#server);
    this.#connections.closeWritten();
    await atMost(Math.max(0, end - performance.now()), closed);
    this.#connections.destroy();
    await atMost(FIXED.flushMs, closed);
  }
}

/** The paths of a service, each with how long its calls with one request may take. */
function unaryPolicies({ service, deadlines }: ServedService): [string, DeadlinePolicy][] {
  return service.methods.map(({ name }) => [`/${service.typeName}/${name}`, deadlines.unary]);
}

/** Resolves with the promise, or after this time. */
async function atMost(milliseconds: number, promise: Promise<unknown>): Promise<void> {
  const waiting = new AbortController();
  await Promise.race([
    promise,
    delay(Math.min(MAX_TIMER_MS, milliseconds), undefined, { signal: waiting.signal }).catch(() => undefined),
  ]);
  waiting.abort();
}

/** The limits that HTTP/2 and grpc-js enforce. By default grpc-js bounds only the request message. */
function channelLimits(limits: Limits): ChannelOptions {
  return {
    "grpc.max_receive_message_length": limits.requestBytes,
    "grpc.max_send_message_length": limits.responseBytes,
    "grpc.max_concurrent_streams": limits.concurrentStreams,
    "grpc.keepalive_time_ms": limits.keepaliveMs,
    "grpc.keepalive_timeout_ms": limits.keepaliveTimeoutMs,
    "grpc.max_connection_idle_ms": limits.connectionIdleMs,
    // Its registry costs time on each call, and nothing here reads it. takeOverDeadlines wraps the handler used without it.
    "grpc.enable_channelz": 0,
  };
}
