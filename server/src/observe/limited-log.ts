/** Lines of one kind in one period. */
const MOST_LINES = 10;
const PERIOD_MS = 10_000;

/**
 * Limits how many lines of one kind the log gets: what callers can cause as often as they like must not fill the disk. The first line
 * after a pause says how many were left out before it.
 */
export class LimitedLog {
  readonly #write: (fields: object, leftOut: number) => void;
  readonly #now: () => number;
  #begun = Number.NEGATIVE_INFINITY;
  #lines = 0;
  #leftOut = 0;

  /** @param now milliseconds of a clock that does not go back. */
  constructor(write: (fields: object, leftOut: number) => void, now: () => number = () => performance.now()) {
    this.#write = write;
    this.#now = now;
  }

  write(fields: object): void {
    const now = this.#now();
    if (now - this.#begun >= PERIOD_MS) {
      this.#begun = now;
      this.#lines = 0;
    }
    if (this.#lines === MOST_LINES) {
      this.#leftOut += 1;
      return;
    }
    this.#lines += 1;
    this.#write(fields, this.#leftOut);
    this.#leftOut = 0;
  }
}
