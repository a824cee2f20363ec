import cliProgress from "cli-progress";
import type { Session } from "../session.js";
import { formatCount, formatDuration } from "./format.js";

/** How far some work is; the shape in which @maxsimd/native tells it. */
export interface Progress {
  stage: string;
  /** Of the stage, 0 to 1. */
  fraction: number;
  done: number;
  total: number;
  ratePerSecond: number;
  secondsLeft: number | null;
}

/** Shows how far some work is, until it is stopped. */
export interface ProgressDisplay {
  update(progress: Progress): void;
  stop(): void;
}

/** Where there is no terminal, a line at least this often would flood a log; milliseconds. */
const LINE_INTERVAL_MS = 2_000;

/** A bar on a terminal; elsewhere a line for each stage, and every two seconds within one. */
export function showProgress(session: Session): ProgressDisplay {
  return session.bars === undefined ? new ProgressLines(session) : new ProgressBar(session.bars);
}

class ProgressLines implements ProgressDisplay {
  readonly #session: Session;
  #stage = "";
  #last = 0;

  constructor(session: Session) {
    this.#session = session;
  }

  update(progress: Progress): void {
    const now = Date.now();
    if (progress.stage === this.#stage && now - this.#last < LINE_INTERVAL_MS) return;
    this.#stage = progress.stage;
    this.#last = now;
    this.#session.err(`${progress.stage}: ${percent(progress)}, ${rate(progress)}${left(progress)}`);
  }

  stop(): void {
    this.#stage = "";
  }
}

class ProgressBar implements ProgressDisplay {
  readonly #bar: cliProgress.SingleBar;
  #started = false;

  constructor(stream: NodeJS.WritableStream) {
    this.#bar = new cliProgress.SingleBar({
      stream,
      format: "{stage} [{bar}] {percent}  {rate}{left}",
      barCompleteChar: "=",
      barIncompleteChar: " ",
      hideCursor: true,
      clearOnComplete: true,
      stopOnComplete: false,
      fps: 10,
    });
  }

  update(progress: Progress): void {
    const fields = {
      stage: progress.stage.padEnd(12),
      percent: percent(progress).padStart(5),
      rate: rate(progress),
      left: left(progress),
    };
    if (this.#started) this.#bar.update(progress.fraction, fields);
    else this.#bar.start(1, progress.fraction, fields);
    this.#started = true;
  }

  stop(): void {
    if (this.#started) this.#bar.stop();
  }
}

function percent({ fraction }: Progress): string {
  return `${Math.floor(fraction * 100)} %`;
}

function rate({ done, total, ratePerSecond }: Progress): string {
  const amount = total > 0 ? `${formatCount(done)} of ${formatCount(total)}` : formatCount(done);
  return ratePerSecond >= 1 ? `${amount}, ${formatCount(ratePerSecond)}/s` : amount;
}

function left({ secondsLeft }: Progress): string {
  return secondsLeft === null ? "" : `, ${formatDuration(secondsLeft)} left`;
}
