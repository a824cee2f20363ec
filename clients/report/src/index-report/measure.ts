import { cpus } from "node:os";
import { arrayShape, type BuildOptions, kernels, type SearchParams, version } from "@maxsimd/native";
import { type BuildNumbers, buildIndex } from "../build/measure.js";
import type { DatasetFiles } from "../dataset/dataset-files.js";
import { InputError } from "../dataset/input-error.js";
import { readJudgements } from "../dataset/judgements.js";
import { type QuerySet, readQueries, requireQueryRows, sliceQueries } from "../dataset/queries.js";
import { exactRankings } from "../evaluation/exact-rankings.js";
import { type Evaluation, evaluate } from "../evaluation/measure.js";
import { type Ranked, rankings } from "../evaluation/rankings.js";
import { compareQualities, type QualityPoint } from "../quality/measure.js";
import { type SingleQuery, searchOne } from "../query/measure.js";
import { measureSpace, type Space } from "../space/measure.js";
import { type SweepPoint, sweepParameters } from "../sweep/measure.js";
import { DEFAULT_GRID, type Grid } from "../sweep/settings.js";
import { measureThroughput, type Throughput } from "../throughput/measure.js";
import type { Work } from "../work.js";

/** The numbers of the page of `maxsimd report`. */
export interface IndexNumbers {
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
  /** Empty if the index is scanned exactly: no parameter changes its recall. */
  readonly sweep: readonly SweepPoint[];
  /** Empty where there is no choice of quality, see `compareQualities`. */
  readonly qualities: readonly QualityPoint[];
}

/** How the index is built and searched. */
export interface IndexReportOptions {
  readonly build: BuildOptions;
  readonly params: SearchParams;
  /** Position of the query that is shown by itself; default 0. */
  readonly query?: number | undefined;
  /** Use the first queries only; default all. */
  readonly maxQueries?: number | undefined;
  readonly grid: { readonly [name in keyof Grid]?: Grid[name] | undefined };
}

/** Builds an index of a data set, searches it, and measures both. */
export async function measureIndex(
  inputs: DatasetFiles,
  { build: buildOptions, params, query: position = 0, maxQueries, grid }: IndexReportOptions,
  work: Work,
): Promise<IndexNumbers> {
  const all = await readQueries(inputs.queries, inputs.queryLens);
  checkQueries(all, inputs);
  const queries = sliceQueries(all, 0, Math.min(all.count, maxQueries ?? all.count));
  if (position >= queries.count) {
    const message = `--query ${position} is out of range: there are ${queries.count} queries`;
    throw new InputError("INVALID_PARAMETER", message);
  }
  const judgements = inputs.judgements === undefined ? undefined : readJudgements(inputs.judgements, all.count);
  const { index, numbers: build } = await buildIndex(inputs, buildOptions, work);
  try {
    const { documents, tokens, dim, centroids } = index.info;
    const k = Math.max(10, params.k ?? 10);
    const exact = await exactRankings(inputs, queries, k, work);
    const question = { queries, position, exact: exact.ranked[position] as Ranked, grades: judgements?.[position] };
    const query = await searchOne(index, question, params, inputs);
    const throughput = await measureThroughput(index, queries, params, work);
    const options = { ...params, k, offsets: queries.offsets, signal: work.signal };
    const ours = rankings(await index.batchSearch(queries.tokens, queries.count, options), queries.count);
    const kCentroids = grid.kCentroids ?? DEFAULT_GRID.kCentroids;
    const kDocsToScore = grid.kDocsToScore ?? DEFAULT_GRID.kDocsToScore;
    const task = { index, queries, params, exact: exact.ranked, judgements };
    const sweep = centroids === 0 ? [] : await sweepParameters(task, { kCentroids, kDocsToScore }, work);
    const choice = { index, inputs, build: buildOptions, queries, params, exact: exact.ranked };
    const qualities = await compareQualities(choice, work);
    return {
      ...{ report: "index", inputs, machine: thisMachine(), documents, tokens, dim },
      ...{ queries: queries.count, queryTokens: queries.rows, build, space: measureSpace(index.info), params, query },
      ...{
        throughput,
        evaluation: evaluate(ours, exact.ranked, judgements),
        exactSeconds: exact.seconds,
        sweep,
        qualities,
      },
    };
  } finally {
    index.close();
  }
}

function checkQueries({ count, dim, offsets }: QuerySet, { queries, vectors }: DatasetFiles): void {
  if (count === 0) throw new InputError("INVALID_INPUT", `${queries} has no queries`);
  for (let i = 0; i < count; i++) requireQueryRows(i, Number(offsets.at(i + 1)) - Number(offsets[i]), queries);
  const expected = arrayShape(vectors).shape.at(-1);
  if (dim !== expected) {
    throw new InputError("INVALID_INPUT", `the queries have dim ${dim}, but ${vectors} has ${expected}`);
  }
}

function thisMachine(): IndexNumbers["machine"] {
  const processors = cpus();
  const processor = processors[0]?.model.trim() ?? "an unknown processor";
  return { processor, threads: processors.length, kernels: kernels(), version: version(), node: process.version };
}
