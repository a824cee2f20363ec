import { type BuildOptions, Index, type Progress } from "@maxsimd/native";
import type { DatasetFiles } from "../dataset/dataset-files.js";
import type { Work } from "../work.js";
import { MemoryPeak } from "./memory-peak.js";
import { StageClock } from "./stage-clock.js";

/** Time, memory and sizes of a build, with the estimates made before it. */
export interface BuildNumbers {
  readonly seconds: number;
  readonly estimatedSeconds: number;
  readonly stages: readonly { stage: string; seconds: number; estimatedSeconds: number }[];
  /** Size of the file; the estimate is an upper bound. */
  readonly bytes: number;
  readonly estimatedBytes: number;
  /** Peak of anonymous memory beyond what the process had before; null where the system does not report it. */
  readonly memoryBytes: number | null;
  readonly estimatedMemoryBytes: number;
  readonly centroids: number;
  readonly estimatedCentroids: number;
  /** Time to open the finished file. */
  readonly openSeconds: number;
  /** Type of the vectors, if they were rounded to f16. */
  readonly roundedFrom: string | null;
  /** Resolved parameters. */
  readonly parameters: Record<string, unknown>;
}

/** Builds an index and measures each stage. The caller closes the index. */
export async function buildIndex(
  { vectors, tokenIds, doclens }: DatasetFiles,
  options: BuildOptions,
  work: Work,
): Promise<{ index: Index; numbers: BuildNumbers }> {
  const estimate = await Index.estimateBuild(vectors, tokenIds, doclens, options);
  const memory = new MemoryPeak();
  const clock = new StageClock();
  const onProgress = (progress: Progress) => {
    clock.enter(progress.stage);
    memory.sample();
    work.onProgress(progress);
  };
  const index = await Index.build(vectors, tokenIds, doclens, { ...options, onProgress, signal: work.signal });
  const seconds = clock.stop();
  memory.sample();

  const opened = performance.now();
  (await Index.load(index.info.path, { verify: "quick" })).close();
  const openSeconds = (performance.now() - opened) / 1000;
  const { bytes, centroids, buildParams } = index.info;
  const numbers = {
    ...{ seconds, bytes, centroids, openSeconds, memoryBytes: memory.bytes },
    estimatedSeconds: estimate.seconds,
    estimatedBytes: estimate.diskBytes,
    estimatedCentroids: estimate.centroids,
    estimatedMemoryBytes: estimate.memoryBytes,
    stages: estimate.stages.map(({ stage, seconds: estimatedSeconds }) => ({
      ...{ stage, seconds: clock.secondsOf(stage), estimatedSeconds },
    })),
    roundedFrom: (buildParams["inputs"] as { vectorsRoundedFrom?: string }).vectorsRoundedFrom ?? null,
    parameters: (buildParams["parameters"] ?? buildParams) as Record<string, unknown>,
  };
  return { index, numbers };
}
