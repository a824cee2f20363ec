import type { Outcome } from "../search/outcome.js";
import { Fifo } from "./fifo.js";

/**
 * Results that may wait for the consumer before a call is no longer read; bytes of ids and scores.
 *
 * A window of 256 answers of 2,000 documents fits, so a consumer that pauses does not stop the reading, and with it the
 * server, unless the answers are huge: a server ends a stream that takes nothing for 30 s.
 */
export const READ_AHEAD_BYTES = 4 * 1024 * 1024;

const BYTES_PER_HIT = 8;

/** Outcomes that wait for the consumer. */
export class Backlog<Id> {
  readonly #outcomes = new Fifo<Outcome<Id>>();
  #bytes = 0;

  get length(): number {
    return this.#outcomes.length;
  }

  /** Whether the consumer is so far behind that no more is to be read. */
  get crowded(): boolean {
    return this.#bytes > READ_AHEAD_BYTES;
  }

  push(outcome: Outcome<Id>): void {
    this.#outcomes.push(outcome);
    this.#bytes += bytesOf(outcome);
  }

  shift(): Outcome<Id> | undefined {
    const outcome = this.#outcomes.shift();
    if (outcome !== undefined) this.#bytes -= bytesOf(outcome);
    return outcome;
  }

  clear(): void {
    this.#outcomes.clear();
    this.#bytes = 0;
  }
}

function bytesOf(outcome: Outcome<unknown>): number {
  return outcome.error === undefined ? outcome.docIds.length * BYTES_PER_HIT : 0;
}
