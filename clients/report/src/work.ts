import type { OnProgress } from "@maxsimd/native";

/** How a long measurement reports its progress, and how it is stopped. */
export interface Work {
  readonly onProgress: OnProgress;
  readonly signal: AbortSignal;
}

/** Reports work that is counted here as progress of the form that the engine reports of its own work. */
export function countedProgress({ onProgress }: Work, stage: string, total: number): (done: number) => void {
  const started = performance.now();
  return (done) => {
    const seconds = (performance.now() - started) / 1000;
    const fraction = total > 0 ? done / total : 1;
    const ratePerSecond = seconds > 0 ? done / seconds : 0;
    const secondsLeft = done > 0 ? (seconds * (total - done)) / done : null;
    onProgress({ stage, fraction, overall: fraction, done, total, ratePerSecond, secondsLeft });
  };
}
