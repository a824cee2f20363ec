import { cpus } from "node:os";
import type { SearchParams, SpaceUsage } from "@maxsimd/native";
import { readJudgements } from "../evaluate/judgements.js";
import { EXIT } from "../exit-code.js";
import { CommandFailure } from "../failure.js";
import { type BuildFlags, buildOptions } from "../options/build-options.js";
import { type SearchFlags, searchParams } from "../options/search-params.js";
import type { ProgressDisplay } from "../output/progress.js";
import { type BuildNumbers, buildIndex } from "./build-index.js";
import { type Evaluation, evaluate } from "./evaluation.js";
import { exactRankings } from "./exact-rankings.js";
import { readQuerySet } from "./query-set.js";
import { type Ranked, rankings } from "./rankings.js";
import type { ReportInputs } from "./report-inputs.js";
import { type SingleQuery, searchOne } from "./single-query.js";
import { type SweepPoint, sweepParameters } from "./sweep.js";
import { DEFAULT_GRID } from "./sweep-settings.js";
import { measureThroughput, type Throughput } from "./throughput.js";

/** The numbers behind the page of `maxsimd report`. */
export interface WalkthroughNumbers {
  readonly report: "index";
  readonly inputs: ReportInputs;
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

/** What the command line says beside the inputs. */
export interface WalkthroughFlags extends BuildFlags, SearchFlags {
  query?: number;
  maxQueries?: number;
  sweepKCentroids?: number[];
  sweepKDocsToScore?: number[];
  keepIndex?: string;
}

/** Builds an index, searches it in every way, and measures what comes of it. */
export async function walkThrough(
  inputs: ReportInputs,
  flags: WalkthroughFlags,
  display: ProgressDisplay,
  signal: AbortSignal,
): Promise<WalkthroughNumbers> {
  const { queries, inFile } = await readQuerySet(inputs, flags.maxQueries);
  const { query: position = 0 } = flags;
  if (position >= queries.count) {
    throw new CommandFailure(EXIT.USAGE, `--query ${position} is out of range: there are ${queries.count} queries`);
  }
  const judgements = inputs.judgements === undefined ? undefined : readJudgements(inputs.judgements, inFile);
  const options = { ...buildOptions(flags), output: flags.keepIndex, signal };
  const { index, numbers: build } = await buildIndex(inputs, options, display);
  try {
    const { documents, tokens, dim, bytes, spaceUsage, centroids } = index.info;
    const params = searchParams(flags);
    const places = Math.max(10, params.k ?? 10);
    const exact = await exactRankings(inputs, queries, places, display, signal);
    const answer = { exact: exact.ranked[position] as Ranked, grades: judgements?.[position] };
    const query = await searchOne(index, { queries, position, ...answer }, params, inputs);
    const throughput = await measureThroughput(index, queries, params, display, signal);
    const all = { ...params, k: places, offsets: queries.offsets, signal };
    const ours = rankings(await index.batchSearch(queries.tokens, queries.count, all), queries.count);
    const grid = {
      kCentroids: flags.sweepKCentroids ?? DEFAULT_GRID.kCentroids,
      kDocsToScore: flags.sweepKDocsToScore ?? DEFAULT_GRID.kDocsToScore,
    };
    const task = { index, queries, params, exact: exact.ranked, judgements };
    const sweep = centroids === 0 ? [] : await sweepParameters(task, grid, display, signal);
    return {
      ...({ report: "index", inputs, machine: await thisMachine() } as const),
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

async function thisMachine(): Promise<WalkthroughNumbers["machine"]> {
  const { kernels, version } = await import("@maxsimd/native");
  const processors = cpus();
  const processor = processors[0]?.model.trim() ?? "an unknown processor";
  return { processor, threads: processors.length, kernels: kernels(), version: version(), node: process.version };
}
