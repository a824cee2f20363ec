import type { SearchParams } from "@maxsimd/client";
import type { Command } from "commander";
import { countOrNone, integer, type None, numberOrNone } from "./numbers.js";

/** Adds an option for each search parameter. The index's default applies to what is not given. */
export function addSearchOptions(command: Command): Command {
  const alpha = 'how far below the k-th best a candidate may score; "none" keeps all (default 0.45)';
  const beta = 'stop after this many candidates without improvement; "none" never stops (default none)';
  const lambda = 'relaxes the stopping rule of the graph walk; "none" is the plain rule (default none)';
  return command
    .option("-k, --k <n>", "documents to return (default 10)", integer(1))
    .option("--k-centroids <n>", "coarse centroids gathered per query token (default 20)", integer(1))
    .option("--k-docs-to-score <n>", "most candidates scored on their codes (default 500)", integer(1))
    .option("--ef-search <n>", "beam width of the graph walk (default 1.5 x k-centroids)", integer(1))
    .option("--alpha <x>", alpha, numberOrNone)
    .option("--beta <n>", beta, countOrNone)
    .option("--lambda <x>", lambda, numberOrNone);
}

/** The values of those options. */
export interface SearchFlags {
  k?: number;
  kCentroids?: number;
  kDocsToScore?: number;
  efSearch?: number;
  alpha?: number | None;
  beta?: number | None;
  lambda?: number | None;
}

/** Every search parameter, so that one without an option does not compile. */
type EveryParam = { [Name in keyof Required<SearchParams>]: SearchParams[Name] };

/** The search parameters among a command's options. */
export function searchParams({ k, kCentroids, kDocsToScore, efSearch, ...flags }: SearchFlags): EveryParam {
  const [alpha, beta, lambda] = [flags.alpha, flags.beta, flags.lambda].map((value) =>
    value === "none" ? null : value,
  );
  return { k, kCentroids, kDocsToScore, efSearch, alpha, beta, lambda };
}
