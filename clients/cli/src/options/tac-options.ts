import type { TacOptions } from "@maxsimd/native";
import type { Command } from "commander";
import { defineCommand } from "../command.js";
import { integer } from "./numbers.js";

/** The clustering's options on the command line. */
export interface TacFlags extends Omit<TacOptions, "nCentroids" | "numThreads" | "onProgress" | "signal"> {
  centroids?: number;
  threads?: number;
}

/** Defines a command that clusters token vectors. An option that is not given is resolved from the data. */
export function defineTacCommand(name: string, summary: string, examples: readonly string[]): Command {
  return defineCommand(name, summary, examples)
    .argument("<vectors>", "token vectors: [tokens, dim]; or a folder or an archive with vectors and token_ids")
    .argument("[token_ids]", "vocabulary id of each token: [tokens]")
    .option("--centroids <n>", "budget of centroids for all token types (default: by the number of tokens)", integer(1))
    .option("--n-iter <n>", "k-means rounds per token type (default 10)", integer(1))
    .option("--micro-threshold <n>", "token types with fewer rows get 1 centroid", integer(1))
    .option("--small-threshold <n>", "token types with fewer rows get 2 centroids", integer(1))
    .option("--max-sample-size <n>", "most rows of a token type that k-means uses", integer(1))
    .option("--seed <n>", "seed of the first centroids (default 42)", integer(0))
    .option("--threads <n>", "threads to cluster with (default 0: all cores)", integer(0));
}

/** The engine's options for those flags. */
export function tacOptions(flags: TacFlags): TacOptions {
  const { centroids, nIter, maxSampleSize, microThreshold, smallThreshold, seed, threads } = flags;
  return { nCentroids: centroids, nIter, maxSampleSize, microThreshold, smallThreshold, seed, numThreads: threads };
}
