import type { MaxsimRpcError } from "../errors/maxsim-rpc-error.js";
import { backoff } from "../rpc/retry.js";

export interface ResumeLimits {
  /** Calls that may fail before the first answer. */
  maxAttempts: number;
  /** After an answer: milliseconds from the loss of the server to giving up. */
  resumeForMs: number;
  /** Milliseconds since the epoch. */
  deadline: number;
}

/**
 * Says whether and when a stream that lost its call opens the next.
 *
 * Before its first answer a stream fails as fast as a single call does, for the address may be wrong. After one, the server
 * is known to be good and a restart of some seconds is to go unnoticed, so time is the bound and not a count.
 */
export class ResumePolicy {
  readonly #limits: ResumeLimits;
  /** Losses in a row without an answer between them, and when the first was. */
  #losses = 0;
  #lostAt = 0;
  #answered = false;

  constructor(limits: ResumeLimits) {
    this.#limits = limits;
  }

  /** Whether a server ever answered. */
  get answered(): boolean {
    return this.#answered;
  }

  /** To be called with each answer. */
  sawAnswer(): void {
    this.#losses = 0;
    this.#answered = true;
  }

  /**
   * To be called when a call is lost.
   *
   * @returns how many milliseconds to wait before the next call, and when (since the epoch) to give up
   * @throws the reason itself when there shall be no next call
   */
  afterLoss(reason: MaxsimRpcError): { wait: number; until: number } {
    const now = Date.now();
    this.#losses += 1;
    if (this.#losses === 1) this.#lostAt = now;
    if (!this.#answered && this.#losses >= this.#limits.maxAttempts) throw reason;
    const until = Math.min(
      this.#limits.deadline,
      this.#answered ? this.#lostAt + this.#limits.resumeForMs : Number.POSITIVE_INFINITY,
    );
    const wait = backoff(this.#losses, reason);
    if (now + wait >= until) throw reason;
    return { wait, until };
  }
}
