import { type StatusObject, status } from "@grpc/grpc-js";
import { ErrorCode } from "@maxsimd/proto";
import { MAX_TIMER_MS } from "../config/limits.js";
import { ServiceError } from "../errors/service-error.js";
import type { CallContext } from "../services/call-context.js";
import type { CallTracker } from "./call-tracker.js";
import { timeoutOf } from "./grpc-internals.js";
import { expired } from "./grpc-timeout.js";
import { toStatus } from "./status.js";

/** How long a call may take. */
export interface DeadlinePolicy {
  /** For a caller that sets none; Infinity: as long as it likes. */
  readonly defaultMs: number;
  /** A caller's longer deadline is shortened to it. */
  readonly mostMs: number;
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
  /** A call ended with a defect of the server; the cause is for the log. */
  failed(method: string, peer: string, cause: unknown): void;
}

/** What every call of a listener shares. */
export interface CallPort {
  readonly tracker: CallTracker;
  readonly observer: RpcObserver;
  /** A stream whose caller reads nothing for so long is ended, in milliseconds. */
  readonly stallMs: number;
}

/** The part of a grpc-js call that all shapes have in common. */
export interface AnyCall {
  getPeer(): string;
  on(event: "cancelled", listener: () => void): unknown;
}

/** One call from its arrival to its status: what the handler sees of it, and the bookkeeping around it. */
export class CallScope implements CallContext {
  readonly deadline: number;
  readonly #port: CallPort;
  readonly #method: string;
  readonly #call: AnyCall;
  readonly #controller = new AbortController();
  readonly #started = performance.now();
  readonly #timer: NodeJS.Timeout | undefined;
  readonly #refusal: ServiceError | undefined;
  #ended = false;

  /** @param method its full name, as in `maxsimd.v1.SearchService/Search`. */
  constructor(port: CallPort, method: string, call: AnyCall, policy: DeadlinePolicy) {
    const asked = timeoutOf(call);
    const timeout = typeof asked === "number" ? Math.min(asked, policy.mostMs) : policy.defaultMs;
    this.deadline = Date.now() + timeout;
    this.#port = port;
    this.#method = method;
    this.#call = call;
    port.tracker.begin(this);
    port.observer.started(method);
    const drained = port.tracker.draining.reason as ServiceError | undefined;
    const over = timeout === 0 ? expired(0) : undefined;
    this.#refusal = asked instanceof ServiceError ? asked : (drained ?? over);
    if (timeout <= MAX_TIMER_MS && this.#refusal === undefined) {
      this.#timer = setTimeout(() => this.abort(expired(timeout)), timeout);
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

  /**
   * Throws SHUTTING_DOWN when the call came to a draining server, INVALID_PARAMETER for a deadline that does not parse, or DEADLINE_EXPIRED
   * for one of 0.
   */
  throwIfRefused(): void {
    if (this.#refusal !== undefined) {
      throw this.#refusal;
    }
    this.signal.throwIfAborted();
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
    this.#port.observer.finished(this.#method, code, (performance.now() - this.#started) / 1000);
    this.#port.tracker.end(this);
  }
}
