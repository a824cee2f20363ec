import { FIXED } from "../config/limits.js";

/** Taken for a query's time before any was measured, in microseconds: a server that has just started refuses little. */
const FIRST_GUESS_MICROS = 1000;
/** Weight of the newest measurement: an estimate of about the last 20. */
const SMOOTHING = 0.05;

/**
 * How long queries take, smoothed. For admission, how long any query keeps a worker, hand-over included. For the size of a task,
 * how long a query of one index with the same parameters takes in native code: a task is worth its hand-over only if it is long.
 */
export class ServiceTime {
  readonly #byKey = new Map<string, number>();
  #micros = FIRST_GUESS_MICROS;

  /** How long a query keeps a worker, in microseconds; never 0. */
  get micros(): number {
    return this.#micros;
  }

  /** How long a query with this key takes in native code, in microseconds; never 0. */
  of(key: string): number {
    return this.#byKey.get(key) ?? FIRST_GUESS_MICROS;
  }

  /**
   * Adds the measurement of a task, in microseconds per query.
   * @param wallMicros from hand-over to answer.
   * @param nativeMicros in native code alone; undefined for a task that failed.
   */
  observe(key: string, wallMicros: number, nativeMicros: number | undefined): void {
    this.#micros = smooth(this.#micros, wallMicros);
    if (nativeMicros === undefined) {
      return;
    }
    const before = this.#byKey.get(key);
    if (before === undefined && this.#byKey.size >= FIXED.rememberedParams) {
      this.#byKey.clear();
    }
    this.#byKey.set(key, smooth(before ?? nativeMicros, nativeMicros));
  }
}

function smooth(before: number, micros: number): number {
  return Math.max(1, before + (micros - before) * SMOOTHING);
}
