import { join } from "node:path";
import { autoBuildParams, readNpy } from "@maxsimd/native";
import { cluster, compareShares, spreads } from "./compare-tac.js";
import type { Both, BuildFigures, Comparison, Variant } from "./comparison.js";
import type { Dataset } from "./dataset.js";
import { GRID, widePoint } from "./grid.js";
import { prepareQueries, type Queries } from "./prepare-queries.js";
import { meanVector, reconstructionError } from "./quantisation.js";
import { agreement, meanDifference, type Rankings, readRankings, recall } from "./rankings.js";
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
/** The reference's second seed says how far two of its own indexes agree. */
const SAME: Variant[] = [
  { group: "same", side: "reference", pqSeed: 42, pqSubspaces: 32 },
  { group: "same", side: "reference", pqSeed: 43, pqSubspaces: 32 },
  { group: "same", side: "ours", pqSeed: 42, pqSubspaces: 32 },
  { group: "same", side: "ours", pqSeed: 42, pqSubspaces: 64 },
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
    const clusters = variant.group === "same" ? reference.files : {};
    builds.push(await measureBuild(sides[variant.side], variant, clusters, shared, firsts));
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

function indexFile(work: string, { group, side, pqSeed, pqSubspaces }: Variant): string {
  const variant = `${pqSeed === 42 ? "" : `-seed${pqSeed}`}${pqSubspaces === 32 ? "" : `-${pqSubspaces}`}`;
  return join(work, `${side}-${group}${variant}.index`);
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
  clusters: { centroids?: string; assignments?: string },
  { dataset, queries, work, say, vectors, shifts }: Shared,
  firsts: Map<string, Rankings>,
): Promise<BuildFigures> {
  const { group, pqSeed, pqSubspaces } = variant;
  const index = indexFile(work, variant);
  const about = `${group} ${variant.side} seed ${pqSeed}, ${pqSubspaces} subspaces`;
  say(`building: ${about}`);
  const paths = { vectors: dataset.vectors, tokenIds: dataset.tokenIds, doclens: dataset.doclens };
  const spec = { ...paths, index, pqSeed, pqSubspaces, ...clusters };
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
  const step = Math.ceil(dataset.counts.documents / RECONSTRUCTED);
  const offsets = [0];
  for (const length of readNpy(dataset.doclens).data) offsets.push(offsets.at(-1)! + Number(length));
  const documents = Array.from({ length: Math.ceil(dataset.counts.documents / step) }, (_, i) => i * step).filter(
    (document) => offsets[document] !== offsets[document + 1],
  );
  const out = index.replace(/\.index$/, "-embeddings.npy");
  await runStep(side, "embeddings", { index, documents, out }, work, dataset.fingerprint);
  return reconstructionError(vectors, offsets, documents, readNpy(out).data as Float32Array);
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
