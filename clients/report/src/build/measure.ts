import { type BuildOptions, type Progress, Tachiom } from "@maxsimd/native";
import type { DatasetFiles } from "../dataset/dataset-files.js";
import type { Work } from "../work.js";
import { MemoryPeak } from "./memory-peak.js";
import { StageClock } from "./stage-clock.js";

/** What a build took, beside what it was thought to take. */
export interface BuildNumbers {
  readonly seconds: number;
  readonly estimatedSeconds: number;
  readonly stages: readonly StageNumbers[];
  /** Size of the file; the estimate is an upper bound. */
  readonly bytes: number;
  readonly estimatedBytes: number;
  /** Most anonymous memory beyond what the process had before; null where the system does not tell. */
  readonly memoryBytes: number | null;
  readonly estimatedMemoryBytes: number;
  readonly centroids: number;
  readonly estimatedCentroids: number;
  /** How long opening the finished file takes. */
  readonly openSeconds: number;
  /** Resolved parameters. */
  readonly parameters: Record<string, unknown>;
}

export interface StageNumbers {
  readonly stage: string;
  readonly seconds: number;
  readonly estimatedSeconds: number;
}

/** Builds an index, and keeps the time of each stage. */
export async function buildIndex(
  { vectors, tokenIds, doclens }: DatasetFiles,
  options: BuildOptions,
  work: Work,
): Promise<{ index: Tachiom; numbers: BuildNumbers }> {
  const estimate = await Tachiom.estimateBuild(vectors, tokenIds, doclens, options);
  const memory = new MemoryPeak();
  const clock = new StageClock();
  const onProgress = (progress: Progress) => {
    clock.enter(progress.stage);
    memory.sample();
    work.onProgress(progress);
  };
  const index = await Tachiom.build(vectors, tokenIds, doclens, { ...options, onProgress, signal: work.signal });
  const seconds = clock.stop();
  memory.sample();

  const opened = performance.now();
  (await Tachiom.load(index.info.path, { verify: "quick" })).close();
  const openSeconds = (performance.now() - opened) / 1000;
  const { bytes, centroids, buildParams } = index.info;
  const numbers: BuildNumbers = {
    seconds,
    estimatedSeconds: estimate.seconds,
    stages: estimate.stages.map(({ stage, seconds: estimatedSeconds }) => ({
      ...{ stage, seconds: clock.secondsOf(stage), estimatedSeconds },
    })),
    ...{ bytes, estimatedBytes: estimate.diskBytes },
    ...{ memoryBytes: memory.bytes, estimatedMemoryBytes: estimate.memoryBytes },
    ...{ centroids, estimatedCentroids: estimate.centroids, openSeconds },
    parameters: (buildParams["parameters"] ?? buildParams) as Record<string, unknown>,
  };
  return { index, numbers };
}
