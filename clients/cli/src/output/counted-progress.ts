import type { ProgressDisplay } from "./progress.js";

/** Tells a display of work that is counted here, in the shape in which the engine tells of its own. */
export function countedProgress(display: ProgressDisplay, stage: string, total: number): (done: number) => void {
  const started = performance.now();
  return (done) => {
    const seconds = (performance.now() - started) / 1000;
    const ratePerSecond = seconds > 0 ? done / seconds : 0;
    const secondsLeft = done > 0 ? (seconds * (total - done)) / done : null;
    display.update({ stage, fraction: total > 0 ? done / total : 1, done, total, ratePerSecond, secondsLeft });
  };
}
