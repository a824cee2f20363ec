import type { OnNativeProgress } from "./addon.js";

/** How far a build is. */
export interface Progress {
  /** check, allocate, cluster, train, link, encode or write, in this order. */
  stage: string;
  /** Share of the stage that is done, 0 to 1; never goes back within a stage. */
  fraction: number;
  /** Share of the whole work that is done, 0 to 1; never goes back. */
  overall: number;
  /** Units of the stage that are done. */
  done: number;
  /** Units of the stage in all. */
  total: number;
  /** Units of the stage per second so far. */
  ratePerSecond: number;
  /** Time left until the whole work is done, from the share that is done so far; null while it is unknown. */
  secondsLeft: number | null;
}

/** Told of progress. */
export type OnProgress = (progress: Progress) => void;

/** Adds fraction, rate and time left to what the native side counts. */
export function progressListener(listener: OnProgress | undefined): OnNativeProgress | undefined {
  if (listener === undefined) return undefined;
  let current = "";
  let began = 0;
  const start = performance.now();
  return (stage, done, total, overall) => {
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
