import { join } from "node:path";
import { autoBuildParams, readNpy, writeNpy } from "@maxsimd/native";
import { TIERS } from "@maxsimd/report";
import { readQueries } from "@maxsimd/report/dataset";
import { max, mean, min } from "simple-statistics";
import { type BenchmarkRecord, showParameters } from "../record/record.js";
import { compareShares } from "./allocation.js";
import { type Clusters, cluster } from "./clusters.js";
import type { Dataset } from "./dataset.js";
import { atPoint, GRID, widePoint } from "./grid.js";
import { meanVector, reconstructionError } from "./quantisation.js";
import { agreement, meanDifference, meanRecall, type Rankings, readRankings } from "./rankings.js";
import { recoverCodebooks, WORDS } from "./reference-codebooks.js";
import { runStep, type Side } from "./run-step.js";
import { timeSearches } from "./time-searches.js";
import { tokenTypes } from "./token-types.js";
import { type ByEngine, ENGINES, OWN, SAME, type Variant, WITH_OWN_CLUSTERS, WITH_SAME_CLUSTERS } from "./variants.js";
import { fromHalves, VectorFile } from "./vector-file.js";

/** Documents whose embeddings are compared with their vectors. */
const RECONSTRUCTED = 500;
/** Queries that are timed at each point. */
const TIMED = 250;
/** Length of the exact rankings. Recall uses the first ten. */
const EXACT_PLACES = 100;

/** What is compared, and where its figures go. */
export interface Comparison {
  readonly dataset: Dataset;
  readonly sides: ByEngine<Side>;
  /** Folder for everything that the steps write. */
  readonly work: string;
  readonly record: BenchmarkRecord;
  readonly say: (what: string) => void;
}

/** What every step of a comparison needs. */
interface Context extends Comparison {
  readonly exact: Rankings;
  readonly vectors: VectorFile;
}

/**
 * Runs every step on both sides, and records what they measured.
 *
 * 1. Exact MaxSim of all queries.
 * 2. Token-aware clustering on both sides: errors, and centroids of each token type.
 * 3. Each index of `variants.ts`: build, search at each point of the grid, agreement with the exact scores and with tachiom.
 * 4. Search times of the two indexes with clusters of their own.
 *
 * @param same whether indexes are built from the reference's clusters too
 */
export async function compare(comparison: Comparison, same: boolean): Promise<void> {
  const { dataset, sides, work, record, say } = comparison;
  say("exact MaxSim");
  const { vectors, doclens, queries, queryLens, fingerprint } = dataset;
  const out = join(work, "exact");
  const spec = { vectors, doclens, queries, queryLens, k: EXACT_PLACES, out };
  await runStep(sides.maxsimd, "exact", spec, work, fingerprint);
  const context = { ...comparison, exact: readRankings(out, 0), vectors: new VectorFile(vectors) };
  for (const name of ["documents", "tokens", "queries"] as const) record.add("", {}, name, "", dataset.counts[name]);
  record.add("", {}, "vector_bytes", "B", dataset.vectorBytes);
  const reference = await compareClusters(context);
  await measureIndexes(context, same ? [...WITH_OWN_CLUSTERS, ...WITH_SAME_CLUSTERS] : WITH_OWN_CLUSTERS, reference);
  say("timing");
  await recordTimes(context);
}

/** @returns the reference's clusters */
async function compareClusters({ dataset, sides, work, record, say, vectors }: Context): Promise<Clusters> {
  const tokenIds = Uint32Array.from(readNpy(dataset.tokenIds).data as ArrayLike<number | bigint>, Number);
  const types = tokenTypes(tokenIds);
  const { totalCentroids, tacMicroThreshold, tacSmallThreshold } = autoBuildParams(tokenIds);
  const thresholds = { micro: tacMicroThreshold, small: tacSmallThreshold };
  const clusterWith = async (side: Side) => {
    say(`clustering, ${side.engine}`);
    const clusters = await cluster(side, dataset, types, totalCentroids, thresholds, vectors, work);
    record.add(side.engine, OWN, "centroids", "", clusters.centroids);
    record.add(side.engine, OWN, "clustering_time", "s", clusters.seconds);
    for (const tier of ["all", ...TIERS] as const) {
      record.add(side.engine, { ...OWN, tokens: tier }, "mean_squared_error", "", clusters.errors[tier]);
    }
    return clusters;
  };
  const reference = await clusterWith(sides.tachiom);
  const ours = await clusterWith(sides.maxsimd);
  const { shares, spreads } = ours;
  const { differing, ties } = compareShares(types, spreads, thresholds, totalCentroids, shares, reference.shares);
  record.add("", {}, "token_types", "", types.ids.length);
  record.add("maxsimd-tachiom", OWN, "token_types_with_other_centroids", "", differing);
  record.add("maxsimd-tachiom", OWN, "ties_among_them", "", ties);
  return reference;
}

function indexFile(work: string, { engine, build }: Variant): string {
  return join(work, `${engine} ${showParameters(build)}.index`.replaceAll(" ", "-"));
}

async function measureIndexes(context: Context, variants: readonly Variant[], reference: Clusters): Promise<void> {
  const { record, say } = context;
  const shifts = await centringShifts(context);
  const firsts = new Map<string, { engine: string; rankings: Rankings; recalls: number[] }>();
  for (const variant of variants) {
    const { engine, build } = variant;
    say(`building and searching: ${engine}, ${showParameters(build)}`);
    const rankings = await buildAndSearch(context, variant, reference);
    const recalls = GRID.map((_, i) => meanRecall(rankings(i), context.exact, 10));
    for (const [i, point] of GRID.entries()) record.add(engine, atPoint(build, point), "recall@10", "", recalls[i]!);
    const wide = rankings(GRID.length);
    // Tachiom centres the tokens of an index with clusters of its own, and its scores lack the mean's share.
    const isShifted = (side: string) => side === "tachiom" && build.clusters === "own";
    const shift = isShifted(engine) ? shifts : [];
    recordAgreement(record, variant, "exact", agreement(context.exact, wide));
    record.add(engine, build, "score_less_exact", "", meanDifference(context.exact, wide, shift));
    const first = firsts.get(build.clusters);
    if (first === undefined) {
      firsts.set(build.clusters, { engine, rankings: wide, recalls });
      continue;
    }
    recordAgreement(record, variant, "tachiom", agreement(first.rankings, wide));
    const back = isShifted(first.engine) ? shifts.map((value) => -value) : [];
    record.add(engine, build, "score_less_tachiom", "", meanDifference(first.rankings, wide, back));
    const differences = recalls.map((recall, i) => recall - first.recalls[i]!);
    const recordDifferences = (points: string, values: number[]) => {
      const [parameters, range] = [{ ...build, points }, [mean(values), min(values), max(values)] as const];
      record.add(`${engine}-tachiom`, parameters, "recall@10", "", ...range);
    };
    recordDifferences("all", differences);
    recordDifferences(
      "published",
      differences.filter((_, i) => GRID[i]?.published),
    );
  }
}

function recordAgreement(
  record: BenchmarkRecord,
  { engine, build }: Variant,
  other: string,
  { score, scoreLowest, rank, rankLowest, documents }: ReturnType<typeof agreement>,
) {
  const parameters = { ...build, with: other };
  record.add(engine, parameters, "score_correlation", "", score, scoreLowest, 1);
  record.add(engine, parameters, "rank_correlation", "", rank, rankLowest, 1);
  record.add(engine, parameters, "documents_compared", "", documents);
}

/** Builds an index, measures what it takes and how exact its embeddings are, and returns its results by point of the grid. */
async function buildAndSearch(context: Context, variant: Variant, reference: Clusters) {
  const { dataset, sides, work, record } = context;
  const { engine, build } = variant;
  const side = sides[engine];
  const index = indexFile(work, variant);
  const spec = {
    ...{ vectors: dataset.vectors, tokenIds: dataset.tokenIds, doclens: dataset.doclens, index },
    ...{ pqSeed: build.seed ?? 42, pqSubspaces: build.subspaces ?? 32 },
    ...(build.clusters === "reference" ? reference.files : {}),
    ...(build.codebooks === undefined ? {} : { codebooks: writeReferenceCodebooks(context, reference) }),
    ...(build.norms === undefined ? {} : { scaleNorms: false as const }),
  };
  const built = await runStep(side, "build", spec, work, dataset.fingerprint);
  record.add(engine, build, "build_time", "s", built.seconds);
  record.add(engine, build, "index_size", "B", built.bytes);
  record.add(engine, build, "peak_anonymous_memory", "B", built.peakAnonymousBytes || Number.NaN);
  const out = index.replace(/\.index$/, "-found");
  const points = [...GRID, widePoint(dataset.counts.documents)];
  const { queries, queryLens } = dataset;
  await runStep(side, "search", { index, queries, queryLens, points, out }, work, dataset.fingerprint);
  const { documents, offsets } = someDocuments(dataset);
  const embeddings = embeddingsFile(index);
  await runStep(side, "embeddings", { index, documents, out: embeddings }, work, dataset.fingerprint);
  const rows = readNpy(embeddings).data as Float32Array;
  record.add(engine, build, "reconstruction_error", "", reconstructionError(context.vectors, offsets, documents, rows));
  return (point: number) => readRankings(out, point);
}

function embeddingsFile(index: string): string {
  return index.replace(/\.index$/, "-embeddings.npy");
}

/** The documents whose embeddings are asked for, evenly from all that have tokens, with the first token of every document. */
function someDocuments({ counts, doclens }: Dataset): { documents: number[]; offsets: number[] } {
  const step = Math.ceil(counts.documents / RECONSTRUCTED);
  const offsets = [0];
  for (const length of readNpy(doclens).data) offsets.push(offsets.at(-1)! + Number(length));
  const all = Array.from({ length: Math.ceil(counts.documents / step) }, (_, i) => i * step);
  return { documents: all.filter((document) => offsets[document] !== offsets[document + 1]), offsets };
}

/** Writes the codebooks of tachiom's index on its own clusters, from the embeddings that it gave before. */
function writeReferenceCodebooks({ dataset, vectors, work }: Context, { files }: Clusters): string {
  const embeddings = readNpy(embeddingsFile(indexFile(work, { engine: "tachiom", build: SAME }))).data as Float32Array;
  const centroids = readNpy(files.centroids).data as Float32Array;
  const assignments = Uint32Array.from(readNpy(files.assignments).data as ArrayLike<number | bigint>, Number);
  const words = recoverCodebooks({ vectors, ...someDocuments(dataset), embeddings, centroids, assignments });
  const path = join(work, "reference-codebooks.npy");
  writeNpy(path, words, [WORDS, dataset.dim]);
  return path;
}

/** What centring takes from every score of a query: the sum of its rows' products with the mean of all tokens. */
async function centringShifts({ dataset, vectors }: Context): Promise<number[]> {
  const center = meanVector(vectors);
  const { tokens, offsets, count, dim } = await readQueries(dataset.queries, dataset.queryLens);
  const rows = tokens instanceof Float32Array ? tokens : fromHalves(tokens);
  return Array.from({ length: count }, (_, query) => {
    const values = rows.subarray(Number(offsets[query]) * dim, Number(offsets[query + 1]) * dim);
    return values.reduce((sum, value, at) => sum + value * (center[at % dim] as number), 0);
  });
}

async function recordTimes({ dataset: { queries, queryLens, counts }, sides, work, record }: Context): Promise<void> {
  const most = Math.min(TIMED, counts.queries);
  const spec = ({ engine }: Side) => ({
    ...{ index: indexFile(work, { engine, build: OWN }), queries, queryLens, most, points: GRID },
  });
  const times = await timeSearches(sides, { maxsimd: spec(sides.maxsimd), tachiom: spec(sides.tachiom) }, work);
  for (const [i, point] of GRID.entries()) {
    const parameters = atPoint(OWN, point);
    for (const name of [...ENGINES, "maxsimd/tachiom"] as const) {
      const { median, low, high } = times[i]![name];
      record.add(name, parameters, "query_time", name === "maxsimd/tachiom" ? "" : "ms", median, low, high);
    }
  }
}
