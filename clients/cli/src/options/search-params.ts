import type { SearchParams } from "@maxsimd/client";
import type { Command } from "commander";
import { countOrNone, integer, type None, numberOrNone } from "./numbers.js";

/** Adds an option for every search parameter; what is not given takes the index's default. */
export function addSearchOptions(command: Command): Command {
  return command
    .option("-k, --k <n>", "documents to return (default 10)", integer(1))
    .option("--k-centroids <n>", "coarse centroids taken per query token (default 20)", integer(1))
    .option("--k-docs-to-score <n>", "most candidates scored on the codes (default 500)", integer(1))
    .option("--ef-search <n>", "beam width of the graph walk (default 1.5 x k-centroids)", integer(1))
    .option(
      "--alpha <x>",
      'how far below the k-th best a candidate may be; "none" keeps all (default 0.45)',
      numberOrNone,
    )
    .option(
      "--beta <n>",
      'stop after this many candidates without improvement; "none" never stops (default none)',
      countOrNone,
    )
    .option(
      "--lambda <x>",
      'relaxes the graph walk\'s stopping rule; "none" is the plain rule (default none)',
      numberOrNone,
    );
}

/** What those options parse to. */
export interface SearchFlags {
  k?: number;
  kCentroids?: number;
  kDocsToScore?: number;
  efSearch?: number;
  alpha?: number | None;
  beta?: number | None;
  lambda?: number | None;
}

/** The search parameters among a command's options. */
export function searchParams({
  k,
  kCentroids,
  kDocsToScore,
  efSearch,
  alpha,
  beta,
  lambda,
}: SearchFlags): SearchParams {
  const orNull = (value: number | None | undefined) => (value === "none" ? null : value);
  return { k, kCentroids, kDocsToScore, efSearch, alpha: orNull(alpha), beta: orNull(beta), lambda: orNull(lambda) };
}
