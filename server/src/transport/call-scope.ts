import { type StatusObject, status } from "@grpc/grpc-js";
import { ErrorCode } from "@maxsimd/proto";
import type { Access, Grant } from "../access/access.js";
import { RULES, type Scope } from "../access/rules.js";
import { MAX_TIMER_MS } from "../config/limits.js";
import { ServiceError } from "../errors/service-error.js";
import type { CallContext } from "../services/call-context.js";
import { type Arrival, arrivalOf } from "./arrival.js";
import type { CallTracker } from "./call-tracker.js";
import type { RefusedConnection } from "./connections.js";
import { http2StreamOf, timeoutOf } from "./grpc-internals.js";
import { expired } from "./grpc-timeout.js";
import { grantOf, type Refusal, revoked } from "./guard.js";
import { toStatus } from "./status.js";

/** How long a call may take. */
export interface DeadlinePolicy {
  /** For a caller that sets none; Infinity: as long as it likes. */
  readonly defaultMs: number;
  /** A caller's longer deadline is shortened to it. */
  readonly mostMs: number;
}

/** A call of a method that changes what is served, or shows how that is done, when it has ended. */
export interface AdminCall {
  readonly method: string;
  /** Name of the caller's token or certificate; undefined without access control. */
  readonly caller: string | undefined;
  readonly peer: string;
  /** Name of the index in the request; undefined if no request was read. */
  readonly index: string | undefined;
  /** Name of the gRPC status. */
  readonly outcome: string;
  readonly ms: number;
}

/** Receives the events of calls, for metrics and the log. */
export interface RpcObserver {
  /** A call has begun. */
  started(method: string): void;
  /**
   * A call has ended.
   * @param grpcCode number of its gRPC status.
   */
  finished(method: string, grpcCode: number, seconds: number): void;
  /** A call ended before its request was whole. It had not begun. */
  endedArriving(method: string, grpcCode: number, seconds: number): void;
  /** A call ended with a defect of the server; the cause is for the log. */
  failed(method: string, peer: string, cause: unknown): void;
  /** A call was refused by its headers. It has not begun, and does not end. */
  refused(refusal: Refusal): void;
  /** A connection was not let in. */
  connectionRefused(refused: RefusedConnection): void;
  /** A call that needs the scope `admin` has ended. */
  audited(call: AdminCall): void;
}

/** What every call of a listener shares. */
export interface CallPort {
  readonly tracker: CallTracker;
  readonly observer: RpcObserver;
  /** Undefined without access control. */
  readonly access: Access | undefined;
  /** A stream whose caller reads nothing for so long is ended, in milliseconds. */
  readonly stallMs: number;
}

/** The part of a grpc-js call that all shapes have in common. */
export interface AnyCall {
  getPeer(): string;
  on(event: "cancelled", listener: () => void): unknown;
}

/** Most characters of an index's name in the log: those of a valid one. */
const INDEX_CHARACTERS = 63;

/** One call from its arrival to its status: what the handler sees of it, and the bookkeeping around it. */
export class CallScope implements CallContext {
  readonly deadline: number;
  readonly #port: CallPort;
  readonly #method: string;
  readonly #call: AnyCall;
  readonly #controller = new AbortController();
  readonly #connection: unknown;
  readonly #arrival: Arrival | undefined;
  readonly #started: number;
  readonly #timer: NodeJS.Timeout | undefined;
  readonly #refusal: ServiceError | undefined;
  readonly #grant: Grant | undefined;
  #index: string | undefined;
  #ended = false;

  /** @param method its full name, as in `maxsimd.v1.SearchService/Search`. */
  constructor(port: CallPort, method: string, call: AnyCall, policy: DeadlinePolicy) {
    const stream = http2StreamOf(call);
    this.#connection = stream.session;
    this.#arrival = arrivalOf(stream);
    this.#arrival?.handled((error) => this.abort(error));
    const asked = timeoutOf(stream);
    const timeout = typeof asked === "number" ? Math.min(asked, policy.mostMs) : policy.defaultMs;
    // From the headers, not from when the request was whole.
    this.#started = this.#arrival?.began ?? performance.now();
    const left = Math.max(0, timeout - (performance.now() - this.#started));
    this.deadline = Date.now() + left;
    this.#port = port;
    this.#method = method;
    this.#call = call;
    this.#grant = grantOf(call);
    port.tracker.begin(this);
    port.observer.started(method);
    const drained = port.tracker.draining.reason as ServiceError | undefined;
    // The token may have been revoked since the headers came.
    const outdated = this.isAllowed ? undefined : revoked();
    const over = left === 0 ? expired(timeout) : undefined;
    this.#refusal = outdated ?? (asked instanceof ServiceError ? asked : (drained ?? over));
    if (timeout <= MAX_TIMER_MS && this.#refusal === undefined) {
      this.#timer = setTimeout(() => this.abort(expired(timeout)), left);
    }
    call.on("cancelled", () => {
      // grpc-js emits this for every call, also after it has ended. Those need no error, and no stack captured for it.
      if (!this.#ended) {
        this.abort(new ServiceError(ErrorCode.CANCELLED, "the caller cancelled"));
      }
    });
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  get peer(): string {
    return this.#call.getPeer();
  }

  get caller(): unknown {
    return this.#grant?.caller ?? this.#connection;
  }

  get isAllowed(): boolean {
    const { access } = this.#port;
    const scope = RULES.get(`/${this.#method}`) as Scope;
    return access === undefined || (this.#grant !== undefined && access.stillAllows(this.#grant, scope));
  }

  /** The handler does not need the oldest request that it was given any more, so its memory may be given to others. */
  finishedMessage(): void {
    this.#arrival?.finishedMessage();
  }

  /** Notes which index a request is about, for the log. */
  read(request: object): void {
    const { index } = request as { readonly index?: unknown };
    this.#index ??= typeof index === "string" ? index.slice(0, INDEX_CHARACTERS) : undefined;
  }

  /**
   * Throws UNAUTHENTICATED when the caller's token was revoked, SHUTTING_DOWN when the call came to a draining server, INVALID_PARAMETER for a
   * deadline that does not parse, or DEADLINE_EXPIRED for one of 0.
   */
  throwIfRefused(): void {
    if (this.#refusal !== undefined) {
      throw this.#refusal;
    }
    this.signal.throwIfAborted();
  }

  /** Throws DEADLINE_EXPIRED when the deadline has passed, also if the timer that says so waits behind other work. */
  throwIfExpired(): void {
    if (Date.now() >= this.deadline) {
      throw expired(Math.round(performance.now() - this.#started));
    }
  }

  /** Aborts the call's signal with this error as the reason. Does nothing after the call's end or an earlier abort. */
  abort(error: ServiceError): void {
    if (!this.#ended && !this.signal.aborted) {
      this.#controller.abort(error);
    }
  }

  /** The promise's result, or the abort's reason if that comes first. */
  orAborted<T>(promise: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const { signal } = this;
      const stop = (): void => reject(signal.reason);
      signal.addEventListener("abort", stop, { once: true });
      promise.then(resolve, reject);
    });
  }

  /** The call ends well. */
  succeed(): void {
    this.#end(status.OK);
  }

  /** The call ends with an error; returns the status to send. A defect's cause goes to the log. */
  fail(thrown: unknown): StatusObject {
    const error = ServiceError.from(thrown);
    const ending = toStatus(error);
    if (error.code === ErrorCode.INTERNAL && !this.#ended) {
      this.#port.observer.failed(this.#method, this.peer, error.cause ?? error);
    }
    this.#end(ending.code);
    return ending;
  }

  #end(code: number): void {
    if (this.#ended) {
      return;
    }
    this.#ended = true;
    clearTimeout(this.#timer);
    const ms = performance.now() - this.#started;
    this.#port.observer.finished(this.#method, code, ms / 1000);
    if (RULES.get(`/${this.#method}`) === "admin") {
      this.#port.observer.audited({
        method: this.#method,
        caller: this.#grant?.caller,
        peer: this.peer,
        index: this.#index,
        outcome: status[code] as string,
        ms: Math.round(ms),
      });
    }
    this.#port.tracker.end(this);
  }
}
