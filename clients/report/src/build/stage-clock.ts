/** Measures how long each stage lasts, from the first report of it to the first report of the next one. */
export class StageClock {
  readonly #now: () => number;
  readonly #started: number;
  readonly #seconds = new Map<string, number>();
  #stage = "";
  #since: number;

  /** @param now a monotonic clock, in milliseconds */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
    this.#started = now();
    this.#since = this.#started;
  }

  /** Called with each report of a stage. The time before the first report belongs to the first stage. */
  enter(stage: string): void {
    if (stage === this.#stage) return;
    if (this.#stage !== "") this.#endStage();
    this.#stage = stage;
  }

  /** Ends the last stage. Returns the seconds of the whole work. */
  stop(): number {
    this.#endStage();
    return (this.#since - this.#started) / 1000;
  }

  /** 0 for a stage that was never reported. */
  secondsOf(stage: string): number {
    return this.#seconds.get(stage) ?? 0;
  }

  #endStage(): void {
    const now = this.#now();
    this.#seconds.set(this.#stage, this.secondsOf(this.#stage) + (now - this.#since) / 1000);
    this.#since = now;
  }
}
