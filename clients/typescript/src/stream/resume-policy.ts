import type { MaxsimRpcError } from "../errors/maxsim-rpc-error.js";
import { backoff } from "../rpc/retry.js";

export interface ResumeLimits {
  /** Number of calls that may fail before the first answer. */
  maxAttempts: number;
  /** After an answer: how long the stream tries to reach the server again, in milliseconds from its loss. */
  resumeForMs: number;
  /** Milliseconds since the epoch. */
  deadline: number;
}

/**
 * Decides whether and when a stream that lost its call opens the next one.
 *
 * Before its first answer a stream fails as fast as a single call, because the address may be wrong. After an answer the
 * address is known to be right, and a restart of some seconds should go unnoticed. Then the limit is a time, not a count.
 */
export class ResumePolicy {
  readonly #limits: ResumeLimits;
  /** Number of consecutive losses without an answer in between, and the time of the first. */
  #losses = 0;
  #lostAt = 0;
  /** Whether a server has ever answered. */
  answered = false;

  constructor(limits: ResumeLimits) {
    this.#limits = limits;
  }

  /** Records an answer. */
  sawAnswer(): void {
    this.#losses = 0;
    this.answered = true;
  }

  /**
   * Records the loss of a call.
   *
   * @returns milliseconds to wait before the next call, and when to give up (milliseconds since the epoch)
   * @throws the given reason if the stream should end
   */
  afterLoss(reason: MaxsimRpcError): { wait: number; until: number } {
    const now = Date.now();
    this.#losses += 1;
    if (this.#losses === 1) this.#lostAt = now;
    if (!this.answered && this.#losses >= this.#limits.maxAttempts) throw reason;
    const until = Math.min(
      this.#limits.deadline,
      this.answered ? this.#lostAt + this.#limits.resumeForMs : Number.POSITIVE_INFINITY,
    );
    const wait = backoff(this.#losses, reason);
    if (now + wait >= until) throw reason;
    return { wait, until };
  }
}
