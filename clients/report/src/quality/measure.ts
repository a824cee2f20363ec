import { type BuildOptions, Index, type SearchParams } from "@maxsimd/native";
import type { DatasetFiles } from "../dataset/dataset-files.js";
import type { QuerySet } from "../dataset/queries.js";
import { recallsOf } from "../evaluation/measure.js";
import { mean } from "../evaluation/metrics.js";
import { type Ranked, rankings } from "../evaluation/rankings.js";
import type { Work } from "../work.js";

/** The choices of `quality`, and the bytes of code per token of each (never more than dim). */
const QUALITIES = { standard: 32, high: 64 } as const;
/** A setting at which nearly all of the recall that is lost is lost by the codes. */
const WIDE = { kCentroids: 64, kDocsToScore: 1000 };
const ROUNDS = 3;

/** What a quality of the codes takes, and what it finds. */
export interface QualityPoint {
  readonly quality: keyof typeof QUALITIES;
  /** Whether the report's index has it. */
  readonly used: boolean;
  readonly codeBytes: number;
  /** Size of the file; the estimate is an upper bound. */
  readonly bytes: number;
  readonly estimatedBytes: number;
  /** Estimated duration of the build. */
  readonly estimatedSeconds: number;
  /** At the report's search parameters: recall@10 against exact MaxSim, and time per query in the fastest of three passes, one thread. */
  readonly recall10: number;
  readonly milliseconds: number;
  /** Recall@10 with 64 centroids per query token and 1,000 documents scored. */
  readonly wideRecall10: number;
}

/** What is compared: the report's index, and how to build others of the same data. */
export interface QualityTask {
  readonly index: Index;
  readonly inputs: DatasetFiles;
  readonly build: BuildOptions;
  readonly queries: QuerySet;
  readonly params: SearchParams;
  readonly exact: readonly Ranked[];
}

/**
 * Builds the data with the qualities that the report's index does not have, and searches all. Passes alternate between the indexes.
 *
 * @returns nothing where there is no choice: for an index that is scanned exactly, for vectors of 32 dimensions or fewer, which the
 *   qualities code alike, and for given codebooks, which fit one quality only
 */
export async function compareQualities(task: QualityTask, work: Work): Promise<QualityPoint[]> {
  const { index, build } = task;
  if (index.info.centroids === 0 || build.codebooks !== undefined) return [];
  if (codeBytes("standard", index) === codeBytes("high", index)) return [];
  const built: { quality: keyof typeof QUALITIES; index: Index }[] = [];
  try {
    for (const quality of Object.keys(QUALITIES) as (keyof typeof QUALITIES)[]) {
      const own = codeBytes(quality, index) === index.info.pqSubspaces;
      built.push({ quality, index: own ? index : await buildOther(task, quality, work) });
    }
    return await measure(task, built, work);
  } finally {
    for (const other of built) if (other.index !== index) other.index.close();
  }
}

function codeBytes(quality: keyof typeof QUALITIES, { dim }: Index): number {
  return Math.min(QUALITIES[quality], dim);
}

function optionsOf({ build }: QualityTask, quality: keyof typeof QUALITIES): BuildOptions {
  return { ...build, quality, pqSubspaces: undefined, output: undefined };
}

function buildOther(task: QualityTask, quality: keyof typeof QUALITIES, { onProgress, signal }: Work): Promise<Index> {
  const { vectors, tokenIds, doclens } = task.inputs;
  return Index.build(vectors, tokenIds, doclens, { ...optionsOf(task, quality), onProgress, signal });
}

async function measure(
  task: QualityTask,
  built: readonly { quality: keyof typeof QUALITIES; index: Index }[],
  { signal }: Work,
): Promise<QualityPoint[]> {
  const { inputs, queries, params, exact } = task;
  const search = async (index: Index, changed: SearchParams) => {
    const options = { ...params, ...changed, k: 10, offsets: queries.offsets, numThreads: 1, signal };
    const started = performance.now();
    const result = await index.batchSearch(queries.tokens, queries.count, options);
    const milliseconds = (performance.now() - started) / queries.count;
    return { milliseconds, recall10: mean(recallsOf(rankings(result, queries.count), exact)) };
  };
  const found = new Map<Index, { milliseconds: number; recall10: number }>();
  for (let round = 0; round < ROUNDS; round++) {
    for (const { index } of built) {
      const { milliseconds, recall10 } = await search(index, {});
      const fastest = Math.min(milliseconds, found.get(index)?.milliseconds ?? milliseconds);
      found.set(index, { milliseconds: fastest, recall10 });
    }
  }
  const points: QualityPoint[] = [];
  for (const { quality, index } of built) {
    const { vectors, tokenIds, doclens } = inputs;
    const estimate = await Index.estimateBuild(vectors, tokenIds, doclens, optionsOf(task, quality));
    points.push({
      ...{ quality, used: index === task.index, codeBytes: index.info.pqSubspaces, bytes: index.info.bytes },
      ...{ estimatedBytes: estimate.diskBytes, estimatedSeconds: estimate.seconds },
      ...(found.get(index) as { milliseconds: number; recall10: number }),
      wideRecall10: (await search(index, WIDE)).recall10,
    });
  }
  return points;
}
