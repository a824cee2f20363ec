import { ErrorCode } from "@maxsimd/proto";
import { FIXED } from "../config/limits.js";
import { ServiceError } from "../errors/service-error.js";

export interface AdmissionLimits {
  /** A query that would wait longer is refused, in milliseconds. */
  readonly queueMs: number;
  readonly workers: number;
  /** Present estimate of how long a query keeps a worker, in microseconds; above 0. */
  readonly serviceMicros: () => number;
  /** Queries that the workers take before one that comes now: those that they have, and one of each call that waits. */
  readonly turnsBefore: () => number;
}

interface Waiter {
  readonly count: number;
  readonly admit: () => void;
}

/**
 * Decides whether there is room for a query, before anything is spent on it. There is one rule: the workers can begin it within
 * `queueMs`, by the measured time that a query takes.
 *
 * A single request is refused at once if they cannot, with a hint when to try again. A worker's first single request is always admitted: where
 * one query takes longer than `queueMs`, nothing would be otherwise. Calls take turns, so a long batch counts as one query. Batches and streams
 * wait for room instead, and flow control slows their senders down.
 */
export class Admission {
  readonly #limits: AdmissionLimits;
  /** Batches and streams that wait for room, in order of arrival for each caller; the caller whose turn it is first. */
  readonly #waiters = new Map<unknown, Waiter[]>();
  #pending = 0;
  #bulk = 0;

  constructor(limits: AdmissionLimits) {
    this.#limits = limits;
  }

  /** Queries admitted and not yet answered. */
  get pending(): number {
    return this.#pending;
  }

  /** How long a query that arrives now would wait until it begins, in milliseconds. */
  get expectedWaitMs(): number {
    const { serviceMicros, turnsBefore, workers } = this.#limits;
    return (turnsBefore() * serviceMicros()) / workers / 1000;
  }

  /** Most queries of batches and streams that are admitted at once, unless one call brings more together. */
  get bulkRoom(): number {
    const { queueMs, workers, serviceMicros } = this.#limits;
    const startable = workers * (1 + (queueMs * 1000) / serviceMicros());
    // One for each worker in any case, or some would be idle.
    return Math.max(workers, Math.floor(startable * FIXED.bulkShare));
  }

  /**
   * Takes room for one query, or throws OVERLOADED; DEADLINE_EXPIRED if the deadline has passed already, whatever the load.
   * @param deadline epoch milliseconds; a query that could not begin before it is refused too.
   */
  enter(deadline: number): void {
    const now = Date.now();
    if (now >= deadline) {
      throw new ServiceError(
        ErrorCode.DEADLINE_EXPIRED,
        "the deadline passed before the search began; allow it more time",
      );
    }
    const wait = this.expectedWaitMs;
    const { queueMs, workers } = this.#limits;
    // One for each worker in any case: where queries take longer than queueMs, none would be admitted otherwise.
    const most = this.#pending - this.#bulk < workers ? Number.POSITIVE_INFINITY : queueMs;
    if (wait > Math.min(most, deadline - now)) {
      throw new ServiceError(ErrorCode.OVERLOADED, "the server is at its capacity; try again later or elsewhere", {
        expected: `a wait of at most ${Math.floor(Math.min(most, deadline - now))} ms`,
        got: `${Math.ceil(wait)} ms`,
        retryAfterMs: Math.max(1, Math.ceil(wait)),
      });
    }
    this.#pending++;
  }

  /** Gives back the room of one query that `enter` took. */
  leave(): void {
    this.#pending--;
    this.#admitWaiters();
  }

  /**
   * Resolves when room for `count` queries of a batch or stream was taken; rejects with the signal's reason.
   * @param caller stands for who makes the call. Callers that wait take turns.
   */
  enterBulk(count: number, signal: AbortSignal, caller?: unknown): Promise<void> {
    if (signal.aborted) {
      return Promise.reject(signal.reason);
    }
    if (this.#waiters.size === 0 && this.#hasBulkRoom(count)) {
      this.#takeBulk(count);
      return Promise.resolve();
    }
    return new Promise((resolve, reject) => {
      const waiter: Waiter = {
        count,
        admit: () => {
          signal.removeEventListener("abort", give);
          resolve();
        },
      };
      const give = (): void => {
        this.#forget(caller, waiter);
        this.#admitWaiters();
        reject(signal.reason);
      };
      signal.addEventListener("abort", give, { once: true });
      const waiting = this.#waiters.get(caller);
      if (waiting === undefined) {
        this.#waiters.set(caller, [waiter]);
      } else {
        waiting.push(waiter);
      }
    });
  }

  /** Gives back room of queries that `enterBulk` took. */
  leaveBulk(count: number): void {
    this.#bulk -= count;
    this.#pending -= count;
    this.#admitWaiters();
  }

  #hasBulkRoom(count: number): boolean {
    return this.#bulk === 0 || this.#bulk + count <= this.bulkRoom;
  }

  #takeBulk(count: number): void {
    this.#bulk += count;
    this.#pending += count;
  }

  #admitWaiters(): void {
    for (;;) {
      const [next] = this.#waiters;
      const waiter = next?.[1][0];
      if (next === undefined || waiter === undefined || !this.#hasBulkRoom(waiter.count)) {
        return;
      }
      const [caller, waiting] = next;
      this.#forget(caller, waiter);
      if (waiting.length > 0) {
        // Behind the other callers.
        this.#waiters.delete(caller);
        this.#waiters.set(caller, waiting);
      }
      this.#takeBulk(waiter.count);
      waiter.admit();
    }
  }

  #forget(caller: unknown, waiter: Waiter): void {
    const waiting = this.#waiters.get(caller) ?? [];
    waiting.splice(waiting.indexOf(waiter), 1);
    if (waiting.length === 0) {
      this.#waiters.delete(caller);
    }
  }
}
