import { cpus } from "node:os";
import { type BuildOptions, kernels, type SearchParams, type SpaceUsage, version } from "@maxsimd/native";
import { type BuildNumbers, buildIndex } from "../build/measure.js";
import type { DatasetFiles } from "../dataset/dataset-files.js";
import { InputError } from "../dataset/input-error.js";
import { readJudgements } from "../dataset/judgements.js";
import { readQuerySet } from "../dataset/query-set.js";
import { exactRankings } from "../evaluation/exact-rankings.js";
import { type Evaluation, evaluate } from "../evaluation/measure.js";
import { type Ranked, rankings } from "../evaluation/rankings.js";
import { type SingleQuery, searchOne } from "../query/measure.js";
import { type SweepPoint, sweepParameters } from "../sweep/measure.js";
import { DEFAULT_GRID, type Grid } from "../sweep/settings.js";
import { measureThroughput, type Throughput } from "../throughput/measure.js";
import type { Work } from "../work.js";

/** The numbers behind the page of `maxsimd report`. */
export interface WalkthroughNumbers {
  readonly report: "index";
  readonly inputs: DatasetFiles;
  readonly machine: { processor: string; threads: number; kernels: string; version: string; node: string };
  readonly documents: number;
  readonly tokens: number;
  readonly dim: number;
  readonly queries: number;
  readonly queryTokens: number;
  readonly build: BuildNumbers;
  readonly space: Space;
  readonly params: SearchParams;
  readonly query: SingleQuery;
  readonly throughput: Throughput;
  readonly evaluation: Evaluation;
  /** Seconds of exact MaxSim for all queries, on all threads. */
  readonly exactSeconds: number;
  /** Empty where the index is scanned exactly: there is nothing to trade then. */
  readonly sweep: readonly SweepPoint[];
}

export interface Space {
  readonly bytes: number;
  /** Of the token vectors that it was built from. */
  readonly vectorBytes: number;
  readonly components: readonly SpaceUsage[];
}

/** How the index is built and searched. */
export interface WalkthroughOptions {
  readonly build: BuildOptions;
  readonly params: SearchParams;
  /** Position of the query that is shown by itself; default 0. */
  readonly query?: number | undefined;
  /** Use the first queries only; default all. */
  readonly maxQueries?: number | undefined;
  readonly grid: { readonly [name in keyof Grid]?: Grid[name] | undefined };
}

/** Builds an index, searches it in every way, and measures what comes of it. */
export async function walkThrough(
  inputs: DatasetFiles,
  { build: buildOptions, params, query: position = 0, maxQueries, grid: given }: WalkthroughOptions,
  work: Work,
): Promise<WalkthroughNumbers> {
  const { queries, inFile } = await readQuerySet(inputs, maxQueries);
  if (position >= queries.count) {
    throw new InputError(
      "INVALID_PARAMETER",
      `--query ${position} is out of range: there are ${queries.count} queries`,
    );
  }
  const judgements = inputs.judgements === undefined ? undefined : readJudgements(inputs.judgements, inFile);
  const { index, numbers: build } = await buildIndex(inputs, buildOptions, work);
  try {
    const { documents, tokens, dim, bytes, spaceUsage, centroids } = index.info;
    const places = Math.max(10, params.k ?? 10);
    const exact = await exactRankings(inputs, queries, places, work);
    const answer = { exact: exact.ranked[position] as Ranked, grades: judgements?.[position] };
    const query = await searchOne(index, { queries, position, ...answer }, params, inputs);
    const throughput = await measureThroughput(index, queries, params, work);
    const all = { ...params, k: places, offsets: queries.offsets, signal: work.signal };
    const ours = rankings(await index.batchSearch(queries.tokens, queries.count, all), queries.count);
    const grid = {
      kCentroids: given.kCentroids ?? DEFAULT_GRID.kCentroids,
      kDocsToScore: given.kDocsToScore ?? DEFAULT_GRID.kDocsToScore,
    };
    const task = { index, queries, params, exact: exact.ranked, judgements };
    const sweep = centroids === 0 ? [] : await sweepParameters(task, grid, work);
    return {
      ...({ report: "index", inputs, machine: thisMachine() } as const),
      ...{ documents, tokens, dim, queries: queries.count, queryTokens: queries.rows },
      build,
      space: { bytes, vectorBytes: 2 * tokens * dim, components: spaceUsage },
      ...{ params, query, throughput, evaluation: evaluate(ours, exact.ranked, judgements) },
      ...{ exactSeconds: exact.seconds, sweep },
    };
  } finally {
    index.close();
  }
}

function thisMachine(): WalkthroughNumbers["machine"] {
  const processors = cpus();
  const processor = processors[0]?.model.trim() ?? "an unknown processor";
  return { processor, threads: processors.length, kernels: kernels(), version: version(), node: process.version };
}
