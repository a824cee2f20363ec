import { join } from "node:path";
import { autoBuildParams, readNpy, writeNpy } from "@maxsimd/native";
import { cluster, compareShares, spreads } from "./compare-tac.js";
import { type Both, type BuildFigures, type Comparison, nameVariant, type Variant } from "./comparison.js";
import type { Dataset } from "./dataset.js";
import { GRID, widePoint } from "./grid.js";
import { prepareQueries, type Queries } from "./prepare-queries.js";
import { meanVector, reconstructionError } from "./quantisation.js";
import { agreement, meanDifference, type Rankings, readRankings, recall } from "./rankings.js";
import { recoverCodebooks, WORDS } from "./reference-codebooks.js";
import { runStep, type Side } from "./run-step.js";
import { timeSearches } from "./time-searches.js";
import { tokenTypes } from "./token-types.js";
import { VectorFile } from "./vector-file.js";

/** Documents whose embeddings are compared with their vectors. */
const RECONSTRUCTED = 500;
/** Queries that are timed at each point. */
const TIMED = 250;

const WHOLE: Variant[] = [
  { group: "whole", side: "reference", pqSeed: 42, pqSubspaces: 32 },
  { group: "whole", side: "ours", pqSeed: 42, pqSubspaces: 32 },
];
/**
 * The reference's second seed says how far two of its own indexes agree; its codebooks in our index, how far the two engines do
 * when neither has luck of its own.
 */
const SAME: Variant[] = [
  { group: "same", side: "reference", pqSeed: 42, pqSubspaces: 32 },
  { group: "same", side: "reference", pqSeed: 43, pqSubspaces: 32 },
  { group: "same", side: "ours", pqSeed: 42, pqSubspaces: 32 },
  { group: "same", side: "ours", pqSeed: 42, pqSubspaces: 64 },
  { group: "same", side: "ours", pqSeed: 42, pqSubspaces: 32, codebooks: "reference" },
  { group: "same", side: "ours", pqSeed: 42, pqSubspaces: 32, codebooks: "reference", plainNorms: true },
];

export interface Settings {
  /** Most queries that are searched. */
  readonly queries: number;
  /** Whether indexes are built from the reference's clusters too. */
  readonly same: boolean;
  readonly say: (what: string) => void;
}

/** Runs every step on both sides, and compares what they left. */
export async function compare(
  dataset: Dataset,
  sides: Both<Side>,
  work: string,
  { queries: most, same, say }: Settings,
): Promise<Comparison> {
  say("exact MaxSim");
  const queries = await prepareQueries(dataset, most, work);
  const tokenIds = Uint32Array.from(readNpy(dataset.tokenIds).data as ArrayLike<number | bigint>, Number);
  const types = tokenTypes(tokenIds);
  const { totalCentroids, tacMicroThreshold, tacSmallThreshold } = autoBuildParams(tokenIds);
  const spec = {
    nCentroids: totalCentroids,
    microThreshold: tacMicroThreshold,
    smallThreshold: tacSmallThreshold,
  };
  const thresholds = { micro: tacMicroThreshold, small: tacSmallThreshold };
  say("clustering, the reference");
  const reference = await cluster(sides.reference, dataset, types, spec, work);
  say("clustering, ours");
  const ours = await cluster(sides.ours, dataset, types, spec, work);
  const vectors = new VectorFile(dataset.vectors);
  say("spread of the token types");
  const spread = spreads(vectors, types);
  const shared = { dataset, queries, work, say, vectors, shifts: centringShifts(vectors, queries) };
  const builds: BuildFigures[] = [];
  const firsts = new Map<string, Rankings>();
  for (const variant of same ? [...WHOLE, ...SAME] : WHOLE) {
    const given: Given = variant.group === "same" ? { ...reference.files } : {};
    if (variant.codebooks !== undefined) {
      say("the reference's codebooks");
      given.codebooks = writeReferenceCodebooks(shared, reference);
    }
    builds.push(await measureBuild(sides[variant.side], variant, given, shared, firsts));
  }
  vectors.close();
  say("timing");
  const timed = (side: Side) => ({
    index: indexFile(work, { ...WHOLE[0]!, side: side.name }),
    queries: queries.queriesFile,
    offsets: queries.offsetsFile,
    most: Math.min(TIMED, queries.offsets.length - 1),
    points: GRID,
  });
  return {
    dataset: dataset.name,
    documents: dataset.counts.documents,
    tokens: dataset.counts.tokens,
    dim: dataset.dim,
    vectorBytes: dataset.vectorBytes,
    queries: queries.offsets.length - 1,
    measuredAt: new Date().toISOString(),
    versions: { ours: sides.ours.version, reference: sides.reference.version },
    thresholds,
    budget: totalCentroids,
    tac: { ours: tacFigures(ours), reference: tacFigures(reference) },
    allocation: compareShares(types, spread, thresholds, totalCentroids, ours.shares, reference.shares),
    grid: GRID,
    builds,
    timing: await timeSearches(sides, { ours: timed(sides.ours), reference: timed(sides.reference) }, work),
  };
}

function tacFigures({ centroids, seconds, errors }: Comparison["tac"]["ours"]): Comparison["tac"]["ours"] {
  return { centroids, seconds, errors };
}

function indexFile(work: string, { group, side, pqSeed, pqSubspaces, codebooks, plainNorms }: Variant): string {
  const trained = `${pqSeed === 42 ? "" : `-seed${pqSeed}`}${pqSubspaces === 32 ? "" : `-${pqSubspaces}`}`;
  const variant = `${trained}${codebooks === undefined ? "" : "-codebooks"}${plainNorms ? "-norms" : ""}`;
  return join(work, `${side}-${group}${variant}.index`);
}

/** What an index is built from beside the data. */
interface Given {
  centroids?: string;
  assignments?: string;
  codebooks?: string;
}

interface Shared {
  readonly dataset: Dataset;
  readonly queries: Queries;
  readonly work: string;
  readonly say: (what: string) => void;
  readonly vectors: VectorFile;
  readonly shifts: readonly number[];
}

/** Builds an index, searches it, and compares it with the data and with the first index of its group, kept in `firsts`. */
async function measureBuild(
  side: Side,
  variant: Variant,
  given: Given,
  { dataset, queries, work, say, vectors, shifts }: Shared,
  firsts: Map<string, Rankings>,
): Promise<BuildFigures> {
  const { group, pqSeed, pqSubspaces } = variant;
  const index = indexFile(work, variant);
  const about = `${group === "same" ? "the reference's clusters" : "own clusters"}, ${nameVariant(variant)}`;
  say(`building: ${about}`);
  const paths = { vectors: dataset.vectors, tokenIds: dataset.tokenIds, doclens: dataset.doclens };
  const norms = variant.plainNorms ? { scaleNorms: false as const } : {};
  const spec = { ...paths, index, pqSeed, pqSubspaces, ...given, ...norms };
  const built = await runStep(side, "build", spec, work, dataset.fingerprint);
  say(`searching: ${about}`);
  const out = index.replace(/\.index$/, "-found");
  const points = [...GRID, widePoint(dataset.counts.documents)];
  const files = { queries: queries.queriesFile, offsets: queries.offsetsFile };
  await runStep(side, "search", { index, ...files, points, out }, work, dataset.fingerprint);
  const wide = readRankings(out, GRID.length);
  const first = firsts.get(group) ?? wide;
  firsts.set(group, first);
  // The reference's whole index scores centred tokens and leaves the shift out.
  const isOurs = variant.side === "ours";
  return {
    ...variant,
    ...built,
    reconstruction: await measureReconstruction(side, index, dataset, vectors, work),
    recalls: GRID.map((_, number) => recall(readRankings(out, number), queries.exact, 10)),
    agreement: agreement(first, wide),
    exactAgreement: agreement(queries.exact, wide),
    exactDifference: meanDifference(queries.exact, wide, group === "whole" && !isOurs ? shifts : []),
    scoreDifference: meanDifference(wide, first, group === "whole" && isOurs ? shifts : []),
  };
}

async function measureReconstruction(
  side: Side,
  index: string,
  dataset: Dataset,
  vectors: VectorFile,
  work: string,
): Promise<number> {
  const { documents, offsets } = someDocuments(dataset);
  const out = embeddingsFile(index);
  await runStep(side, "embeddings", { index, documents, out }, work, dataset.fingerprint);
  return reconstructionError(vectors, offsets, documents, readNpy(out).data as Float32Array);
}

function embeddingsFile(index: string): string {
  return index.replace(/\.index$/, "-embeddings.npy");
}

/** The documents whose embeddings are asked for, evenly from all that have tokens, with the first token of every document. */
function someDocuments({ counts, doclens }: Dataset): { documents: number[]; offsets: number[] } {
  const step = Math.ceil(counts.documents / RECONSTRUCTED);
  const offsets = [0];
  for (const length of readNpy(doclens).data) offsets.push(offsets.at(-1)! + Number(length));
  const documents = Array.from({ length: Math.ceil(counts.documents / step) }, (_, i) => i * step).filter(
    (document) => offsets[document] !== offsets[document + 1],
  );
  return { documents, offsets };
}

/** Writes the codebooks of the reference's index on its own clusters, from the embeddings that it gave before. */
function writeReferenceCodebooks(
  { dataset, vectors, work }: Shared,
  { files }: { files: { centroids: string; assignments: string } },
): string {
  const { documents, offsets } = someDocuments(dataset);
  const embeddings = readNpy(embeddingsFile(indexFile(work, SAME[0]!))).data as Float32Array;
  const centroids = readNpy(files.centroids).data as Float32Array;
  const assignments = Uint32Array.from(readNpy(files.assignments).data as ArrayLike<number | bigint>, Number);
  const words = recoverCodebooks({ vectors, documents, offsets, embeddings, centroids, assignments });
  const path = join(work, "reference-codebooks.npy");
  writeNpy(path, words, [WORDS, dataset.dim]);
  return path;
}

/** What centring takes from every score of a query: the sum of its rows' products with the mean of all tokens. */
function centringShifts(vectors: VectorFile, { rows, offsets }: Queries): number[] {
  const center = meanVector(vectors);
  return Array.from({ length: offsets.length - 1 }, (_, query) => {
    let sum = 0;
    const end = Number(offsets[query + 1]) * vectors.dim;
    for (let at = Number(offsets[query]) * vectors.dim; at < end; at++) {
      sum += (rows[at] as number) * (center[at % vectors.dim] as number);
    }
    return sum;
  });
}
