import { type BuildOptions, machineMemory } from "@maxsimd/native";
import { type Command, Option } from "commander";
import { integer } from "./numbers.js";

/** Options that have the same name on the command line and in the engine. */
const NAMES = [
  ...(["totalCentroids", "tacNIter", "tacMicroThreshold", "tacSmallThreshold", "maxSampleSize"] as const),
  ...(["pqSampleSize", "pqNIter", "normalize", "pqSeed", "quality", "pqSubspaces", "codebooks"] as const),
  ...(["hnswM", "efConstruction", "centerDataset", "exactBelow", "scanBelow"] as const),
];

/** The build's options on the command line. */
export type BuildFlags = Pick<BuildOptions, (typeof NAMES)[number]> & { threads?: number; maxMemory?: number };

/** Adds an option for each parameter of a build. The engine's default applies to what is not given. */
export function addBuildOptions(command: Command): Command {
  return command
    .option("--total-centroids <n>", "budget of coarse centroids (default: by the number of tokens)", integer(1))
    .option("--tac-n-iter <n>", "k-means rounds per token type (default 10)", integer(1))
    .option("--tac-micro-threshold <n>", "token types with fewer rows get 1 centroid", integer(1))
    .option("--tac-small-threshold <n>", "token types with fewer rows get 2 centroids", integer(1))
    .option("--max-sample-size <n>", "most rows of a token type that k-means uses", integer(1))
    .option("--pq-sample-size <n>", "residuals that train the product quantiser (default 10,000,000)", integer(1))
    .option("--pq-n-iter <n>", "k-means rounds of the product quantiser (default 10)", integer(1))
    .option("--no-normalize", "code residuals without scaling them to norm 1 first")
    .option("--pq-seed <n>", "seed of sampling and training (default 42)", integer(0))
    .addOption(
      new Option("--quality <quality>", "bytes of code per token: standard has 32, high has 64 (default standard)")
        .choices(["standard", "high"])
        .conflicts("pqSubspaces"),
    )
    .option("--pq-subspaces <n>", "bytes of code per token, instead of --quality", integer(1))
    .option(
      "--codebooks <file>",
      ".npy of residual codebooks to use instead of training them, as maxsimd inspect --codebooks writes it",
    )
    .option("--hnsw-m <n>", "neighbours of a centroid in the graph (default 32)", integer(2))
    .option("--ef-construction <n>", "beam width while the graph is built (default 1500)", integer(1))
    .option("--center-dataset", "subtract the mean from the vectors first (default, unless --centroids is given)")
    .option("--no-center-dataset", "leave the vectors as they are")
    .option("--exact-below <n>", "keep a corpus of fewer tokens whole and scan it exactly", integer(0))
    .option("--scan-below <n>", "with fewer centroids build no graph, and scan them (default 262,144)", integer(0))
    .option("--threads <n>", "threads to build with (default 0: all cores)", integer(0))
    .option(
      "--max-memory <MiB>",
      "most memory to take: fewer threads build where that makes it fit, else the build is refused before it starts (default: that of the machine or its cgroup)",
      integer(1),
    );
}

/** The engine's options for those flags. Without a --no-… flag commander gives true, which is the engine's default too. */
export function buildOptions(flags: BuildFlags): BuildOptions {
  const maxMemory = flags.maxMemory === undefined ? machineMemory() : flags.maxMemory * 2 ** 20;
  return { ...Object.fromEntries(NAMES.map((name) => [name, flags[name]])), numThreads: flags.threads, maxMemory };
}
