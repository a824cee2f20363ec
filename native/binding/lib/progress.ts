/** State of a build or clustering. */
export interface Progress {
  /** check, allocate, cluster, train, link, encode or write, in this order. */
  stage: string;
  /** Finished share of the stage, 0 to 1; never goes back within a stage. */
  fraction: number;
  /** Finished share of the whole work, 0 to 1; never goes back. */
  overall: number;
  /** Finished units of the stage. */
  done: number;
  /** All units of the stage. */
  total: number;
  /** Units of the stage per second so far. */
  ratePerSecond: number;
  /** Remaining seconds of the whole work, from the share that is finished; null while unknown. */
  secondsLeft: number | null;
}

/** Called with the progress of the work. */
export type OnProgress = (progress: Progress) => void;

/** Adds fraction, rate and remaining time to what the native side reports. */
export function progressListener(listener: OnProgress | undefined) {
  if (listener === undefined) return undefined;
  let current = "";
  let began = 0;
  const start = performance.now();
  return (stage: string, done: number, total: number, overall: number) => {
    const now = performance.now();
    if (stage !== current) {
      current = stage;
      began = now;
    }
    const seconds = (now - began) / 1000;
    const ratePerSecond = seconds > 0 ? done / seconds : 0;
    const secondsLeft = overall > 0 ? (((now - start) / 1000) * (1 - overall)) / overall : null;
    listener({ stage, fraction: total > 0 ? done / total : 1, overall, done, total, ratePerSecond, secondsLeft });
  };
}
