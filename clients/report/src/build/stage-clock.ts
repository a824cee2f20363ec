/** Adds up the time between the first sign of a stage and the first of the next. */
export class StageClock {
  readonly #now: () => number;
  readonly #started: number;
  readonly #seconds = new Map<string, number>();
  #stage: string | undefined;
  #since: number;

  /** @param now milliseconds that only go forward */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
    this.#started = now();
    this.#since = this.#started;
  }

  /** A sign of a stage. What comes before the first one is part of the first stage. */
  enter(stage: string): void {
    if (stage === this.#stage) return;
    if (this.#stage !== undefined) this.#add();
    this.#stage = stage;
  }

  /** Ends the last stage; seconds in all. */
  stop(): number {
    this.#add();
    return (this.#since - this.#started) / 1000;
  }

  /** 0 for a stage that gave no sign. */
  secondsOf(stage: string): number {
    return this.#seconds.get(stage) ?? 0;
  }

  #add(): void {
    const now = this.#now();
    if (this.#stage !== undefined) {
      this.#seconds.set(this.#stage, this.secondsOf(this.#stage) + (now - this.#since) / 1000);
    }
    this.#since = now;
  }
}
