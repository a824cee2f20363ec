/** Taken for a query's time before any was measured, in microseconds: a server that has just started refuses little. */
const FIRST_GUESS_MICROS = 1000;
/** Weight of the newest task: an estimate of about the last 20. */
const SMOOTHING = 0.05;

/** The time a query takes a worker, smoothed. */
export class ServiceTime {
  #micros = FIRST_GUESS_MICROS;

  /** In microseconds; never 0. */
  get micros(): number {
    return this.#micros;
  }

  observe(micros: number): void {
    this.#micros = Math.max(1, this.#micros + (micros - this.#micros) * SMOOTHING);
  }
}
