import { setMaxListeners } from "node:events";
import { ErrorCode } from "@maxsimd/proto";
import { FIXED, MAX_TIMER_MS } from "../config/limits.js";
import { ServiceError } from "../errors/service-error.js";

/** A call as the tracker sees it. */
export interface TrackedCall {
  /** Ends it with this error. */
  abort(error: ServiceError): void;
  /** Whether its caller is still one that may make it. */
  readonly isAllowed: boolean;
}

/** Tracks the calls that have begun, so that a draining server can wait for the last, or abort those that are left. */
export class CallTracker {
  readonly #draining = new AbortController();
  readonly #active = new Set<TrackedCall>();
  #onIdle: (() => void) | undefined;

  constructor() {
    // Every stream adds a listener. Node would warn of a leak at more than 10.
    setMaxListeners(0, this.#draining.signal);
  }

  /** Aborts when draining begins, with the ServiceError that streams end with. */
  get draining(): AbortSignal {
    return this.#draining.signal;
  }

  /** Calls that have begun and not ended. */
  get active(): number {
    return this.#active.size;
  }

  begin(call: TrackedCall): void {
    this.#active.add(call);
  }

  end(call: TrackedCall): void {
    this.#active.delete(call);
    if (this.#active.size === 0) {
      this.#onIdle?.();
    }
  }

  /**
   * Refuses new calls. Resolves when the last call has ended. Calls that are left after the grace are aborted, and waited for no longer
   * than `FIXED.flushMs`: a handler may be stuck.
   */
  async drain(graceMs: number): Promise<void> {
    this.#draining.abort(shuttingDown());
    if (this.#active.size === 0) {
      return;
    }
    const timers: NodeJS.Timeout[] = [];
    await new Promise<void>((resolve) => {
      this.#onIdle = resolve;
      timers.push(setTimeout(() => this.#abortAll(), graceMs));
      timers.push(setTimeout(resolve, Math.min(MAX_TIMER_MS, graceMs + FIXED.flushMs)));
    });
    timers.forEach(clearTimeout);
  }

  /** Aborts the calls whose callers may not make them any more. */
  abortDisallowed(error: ServiceError): void {
    for (const call of this.#active) {
      if (!call.isAllowed) {
        call.abort(error);
      }
    }
  }

  #abortAll(): void {
    for (const call of this.#active) {
      call.abort(shuttingDown());
    }
  }
}

function shuttingDown(): ServiceError {
  return new ServiceError(ErrorCode.SHUTTING_DOWN, "the server is draining; send the request to another or try again", {
    retryAfterMs: FIXED.shutdownRetryMs,
  });
}
