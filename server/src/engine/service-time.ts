import { FIXED } from "../config/limits.js";

/**
 * Running averages of how long queries take. Admission uses the time that any query keeps a worker, the hand-over included. The
 * engine chooses the size of a task by the time in native code of queries with the same index and parameters: the shorter they
 * are, the more of them a task needs to be worth its hand-over.
 */
export class ServiceTime {
  readonly #byKey = new Map<string, number>();
  #micros: number = FIXED.firstGuessMicros;

  /** How long a query keeps a worker, in microseconds; never 0. */
  get micros(): number {
    return this.#micros;
  }

  /** How long a query with this key takes in native code, in microseconds; never 0. */
  of(key: string): number {
    return this.#byKey.get(key) ?? FIXED.firstGuessMicros;
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
  return Math.max(1, before + (micros - before) * FIXED.smoothing);
}
