import { ErrorCode } from "@maxsimd/proto";
import { FIXED } from "../config/limits.js";
import { ServiceError } from "../errors/service-error.js";

export interface AdmissionLimits {
  /** A query that would wait longer is refused, in milliseconds. */
  readonly queueMs: number;
  /** Queries that may wait whatever the estimate says. */
  readonly queueMin: number;
  readonly workers: number;
  /** Present estimate of how long a query keeps a worker, in microseconds; above 0. */
  readonly serviceMicros: () => number;
}

interface Waiter {
  readonly count: number;
  readonly admit: () => void;
}

/**
 * Decides whether there is room for a query, before anything is spent on it. Room is what the workers can begin within
 * `queueMs`, by the measured time a query takes.
 *
 * A single request is refused at once if there is no room, with a hint when to try again. Batches and streams wait for room
 * instead, and flow control slows their senders down.
 */
export class Admission {
  readonly #limits: AdmissionLimits;
  /** Batches and streams that wait for room, in order of arrival. */
  readonly #waiters: Waiter[] = [];
  #pending = 0;
  #bulk = 0;

  constructor(limits: AdmissionLimits) {
    this.#limits = limits;
  }

  /** Queries admitted and not yet answered. */
  get pending(): number {
    return this.#pending;
  }

  /** Most queries that are admitted at once, by the present estimate. */
  get room(): number {
    const { queueMs, queueMin, workers, serviceMicros } = this.#limits;
    const startable = Math.floor((queueMs * 1000) / serviceMicros()) * workers;
    return workers + Math.max(queueMin, startable);
  }

  /** How long a query that arrives now would wait until it begins, in milliseconds. */
  get expectedWaitMs(): number {
    return (this.#pending * this.#limits.serviceMicros()) / this.#limits.workers / 1000;
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
    if (this.#pending >= this.room || now + wait > deadline) {
      throw new ServiceError(ErrorCode.OVERLOADED, "the server is at its capacity; try again later or elsewhere", {
        expected: `at most ${this.room} queries at once`,
        got: `${this.#pending} before this one`,
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

  /** Resolves when room for `count` queries of a batch or stream was taken; rejects with the signal's reason. */
  enterBulk(count: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted) {
      return Promise.reject(signal.reason);
    }
    if (this.#waiters.length === 0 && this.#hasBulkRoom(count)) {
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
        this.#waiters.splice(this.#waiters.indexOf(waiter), 1);
        this.#admitWaiters();
        reject(signal.reason);
      };
      signal.addEventListener("abort", give, { once: true });
      this.#waiters.push(waiter);
    });
  }

  /** Gives back room of queries that `enterBulk` took. */
  leaveBulk(count: number): void {
    this.#bulk -= count;
    this.#pending -= count;
    this.#admitWaiters();
  }

  #hasBulkRoom(count: number): boolean {
    const most = Math.max(1, Math.floor(this.room * FIXED.bulkShare));
    return this.#bulk === 0 || this.#bulk + count <= most;
  }

  #takeBulk(count: number): void {
    this.#bulk += count;
    this.#pending += count;
  }

  #admitWaiters(): void {
    while (this.#waiters[0] !== undefined && this.#hasBulkRoom(this.#waiters[0].count)) {
      const waiter = this.#waiters.shift() as Waiter;
      this.#takeBulk(waiter.count);
      waiter.admit();
    }
  }
}
