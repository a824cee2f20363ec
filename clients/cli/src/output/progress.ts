import type { Progress } from "@maxsimd/native";
import type { Work } from "@maxsimd/report";
import { formatCount, formatDuration } from "@maxsimd/report/format";
import cliProgress from "cli-progress";
import type { Session } from "../session.js";

/** Shows how far some work is, until it is stopped. */
export interface ProgressDisplay {
  readonly update: (progress: Progress) => void;
  readonly stop: () => void;
}

/** Without a terminal, a line more often than this would flood a log; milliseconds. */
const LINE_INTERVAL_MS = 2_000;

/** A bar on a terminal; elsewhere a line for each stage, and every two seconds within one. */
export function showProgress(session: Pick<Session, "bars" | "err">): ProgressDisplay {
  return session.bars === undefined ? progressLines(session.err) : progressBar(session.bars);
}

function progressLines(print: (line: string) => void): ProgressDisplay {
  let [stage, last] = ["", 0];
  return {
    update(progress) {
      const now = Date.now();
      if (progress.stage === stage && now - last < LINE_INTERVAL_MS) return;
      [stage, last] = [progress.stage, now];
      print(`${stage}: ${percent(progress)}, ${rate(progress)}${left(progress)}`);
    },
    stop: () => undefined,
  };
}

function progressBar(stream: NodeJS.WritableStream): ProgressDisplay {
  const bar = new cliProgress.SingleBar({
    ...{ stream, hideCursor: true, clearOnComplete: true, stopOnComplete: false, fps: 10 },
    ...{ format: "{stage} [{bar}] {percent}  {rate}{left}", barCompleteChar: "=", barIncompleteChar: " " },
  });
  let started = false;
  return {
    update(progress) {
      const [stage, share] = [progress.stage.padEnd(12), percent(progress).padStart(5)];
      const fields = { stage, percent: share, rate: rate(progress), left: left(progress) };
      if (started) bar.update(progress.fraction, fields);
      else bar.start(1, progress.fraction, fields);
      started = true;
    },
    stop() {
      if (started) bar.stop();
    },
  };
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

/** Runs work that shows its progress, and that Ctrl-C stops. */
export async function withProgress<T>(session: Session, run: (work: Work) => Promise<T>): Promise<T> {
  const display = showProgress(session);
  try {
    return await run({ onProgress: display.update, signal: session.interruption() });
  } finally {
    display.stop();
  }
}
