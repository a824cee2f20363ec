import type { BuildOptions } from "@maxsimd/native";
import type { Command } from "commander";
import { integer } from "./numbers.js";

/** The build's options as they stand on the command line. */
export type BuildFlags = Pick<
  BuildOptions,
  | "totalCentroids"
  | "tacNIter"
  | "tacMicroThreshold"
  | "tacSmallThreshold"
  | "maxSampleSize"
  | "pqSampleSize"
  | "pqNIter"
  | "normalize"
  | "scaleNorms"
  | "pqSeed"
  | "pqSubspaces"
  | "codebooks"
  | "hnswM"
  | "efConstruction"
  | "centerDataset"
  | "exactBelow"
> & { threads?: number };

/** Adds an option for everything that a build can be told; what is not given takes the engine's default. */
export function addBuildOptions(command: Command): Command {
  return command
    .option("--total-centroids <n>", "budget of coarse centroids (default: by the number of tokens)", integer(1))
    .option("--tac-n-iter <n>", "k-means rounds per token type (default 10)", integer(1))
    .option("--tac-micro-threshold <n>", "token types with fewer rows get 1 centroid", integer(1))
    .option("--tac-small-threshold <n>", "token types with fewer rows get 2 centroids", integer(1))
    .option("--max-sample-size <n>", "most rows of a token type that k-means sees", integer(1))
    .option("--pq-sample-size <n>", "residuals that train the product quantiser (default 10,000,000)", integer(1))
    .option("--pq-n-iter <n>", "k-means rounds of the product quantiser (default 10)", integer(1))
    .option("--no-normalize", "code residuals as they are, without taking out their norm")
    .option("--no-scale-norms", "keep the norms of residuals as they are, though their codes are shorter")
    .option("--pq-seed <n>", "seed of sampling and training (default 42)", integer(0))
    .option("--pq-subspaces <n>", "bytes of code a token (default 32)", integer(1))
    .option("--codebooks <file>", ".npy of residual codebooks to code with instead of training: [256, dim], f32")
    .option("--hnsw-m <n>", "neighbours of a centroid in the graph (default 32)", integer(2))
    .option("--ef-construction <n>", "beam width while the graph is built (default 1500)", integer(1))
    .option("--center-dataset", "take the mean out of the vectors first (default, unless --centroids is given)")
    .option("--no-center-dataset", "leave the vectors as they are")
    .option("--exact-below <n>", "keep a corpus of fewer tokens whole and scan it exactly", integer(0))
    .option("--threads <n>", "threads to build with (default 0: all cores)", integer(0));
}

/** The engine's options for those flags. Without --no-… commander gives true, the engine's default too. */
export function buildOptions({ threads, ...flags }: BuildFlags): BuildOptions {
  const { totalCentroids, tacNIter, tacMicroThreshold, tacSmallThreshold, maxSampleSize } = flags;
  const { pqSampleSize, pqNIter, normalize, scaleNorms, pqSeed, pqSubspaces, codebooks } = flags;
  const { hnswM, efConstruction, centerDataset, exactBelow } = flags;
  return {
    ...{ totalCentroids, tacNIter, tacMicroThreshold, tacSmallThreshold, maxSampleSize },
    ...{ pqSampleSize, pqNIter, normalize, scaleNorms, pqSeed, pqSubspaces, codebooks },
    ...{ hnswM, efConstruction, centerDataset, exactBelow, numThreads: threads },
  };
}
