import { type BuildFigures, type Comparison, findBuild, findGiven } from "./comparison.js";

/** What is asked of a comparison, and what came out. */
export interface Gate {
  readonly what: string;
  readonly limit: string;
  readonly figure: string;
  readonly verdict: "met" | "not met" | "not measured";
  /** Whether the run ends with 1 for it. */
  readonly fails: boolean;
}

const RECALL_MARGIN = 0.005;
/** A difference of two means that are multiples of the same fraction is exact but for this. */
const ROUNDING = 1e-9;
const LEAST_CORRELATION = 0.999;
/** Below what the reference reaches with itself by more than this, the difference is ours. */
const CORRELATION_NOISE = 0.0005;
const MOST_ERROR_RATIO = 1.01;
const MEMORY_BASE = 256 * 2 ** 20;

export function gates(comparison: Comparison): Gate[] {
  return [
    sameRecall(comparison),
    sameCorrelation(comparison),
    givenCorrelation(comparison),
    givenRecall(comparison),
    wholeRecall(comparison),
    tacError(comparison),
    allocation(comparison),
    memory(comparison),
  ];
}

/** Most anonymous memory that a build may take, bytes. */
export function memoryLimit(vectorBytes: number): number {
  return 0.25 * vectorBytes + MEMORY_BASE;
}

function judge(what: string, limit: string, figure: string, met: boolean): Gate {
  return { what, limit, figure, verdict: met ? "met" : "not met", fails: !met };
}

function notMeasured(what: string, limit: string): Gate {
  return { what, limit, figure: "", verdict: "not measured", fails: false };
}

function sameRecall(comparison: Comparison): Gate {
  const what = "recall@10 on the reference's clusters, three published settings: ours less the reference's";
  const limit = `not below -${RECALL_MARGIN}`;
  const margins = recallMargins(comparison, "same", (number) => comparison.grid[number]?.published === true);
  if (margins === undefined) return notMeasured(what, limit);
  return judge(what, limit, showRange(margins), margins.least >= -RECALL_MARGIN - ROUNDING);
}

function wholeRecall(comparison: Comparison): Gate {
  const what = "recall@10 of whole builds, every point of the grid: ours less the reference's";
  const limit = `not below -${RECALL_MARGIN}`;
  const margins = recallMargins(comparison, "whole", () => true);
  if (margins === undefined) return notMeasured(what, limit);
  return judge(what, limit, showRange(margins), margins.least >= -RECALL_MARGIN - ROUNDING);
}

function recallMargins(comparison: Comparison, group: "whole" | "same", counts: (number: number) => boolean) {
  const ours = findBuild(comparison, group, "ours");
  const reference = findBuild(comparison, group, "reference");
  if (ours === undefined || reference === undefined) return undefined;
  return marginsOf(ours, reference, counts);
}

function marginsOf(ours: BuildFigures, reference: BuildFigures, counts: (number: number) => boolean) {
  const margins = ours.recalls.map((recall, number) => recall - (reference.recalls[number] as number));
  const counted = margins.filter((_, number) => counts(number));
  return { least: Math.min(...counted), most: Math.max(...counted) };
}

function showRange({ least, most }: { least: number; most: number }): string {
  return `${signed(least)} to ${signed(most)}`;
}

function signed(value: number): string {
  return `${value < 0 ? "-" : "+"}${Math.abs(value).toFixed(4)}`;
}

function sameCorrelation(comparison: Comparison): Gate {
  const what = "score correlation per query on the reference's clusters, mean";
  const limit = `> ${LEAST_CORRELATION}`;
  const ours = findBuild(comparison, "same", "ours")?.agreement.score;
  const itself = comparison.builds.find(({ group, side, pqSeed }) => {
    return group === "same" && side === "reference" && pqSeed !== 42;
  })?.agreement.score;
  if (ours === undefined || itself === undefined) return notMeasured(what, limit);
  const finer = comparison.builds.find(({ group, pqSubspaces }) => group === "same" && pqSubspaces === 64);
  const more = finer === undefined ? "" : `; ours with 64 subspaces: ${finer.agreement.score.toFixed(5)}`;
  const figure = `${ours.toFixed(5)}${more}; the reference with itself: ${itself.toFixed(5)}`;
  const gate = judge(what, limit, figure, ours > LEAST_CORRELATION);
  return { ...gate, fails: gate.fails && ours < itself - CORRELATION_NOISE };
}

/** The same clusters and the same words: what is left is how the two engines code, choose and add up. */
function givenCorrelation(comparison: Comparison): Gate {
  const what = "score correlation per query on the reference's clusters and codebooks, mean";
  const limit = `> ${LEAST_CORRELATION}`;
  const ours = findGiven(comparison, false)?.agreement.score;
  if (ours === undefined) return notMeasured(what, limit);
  const plain = findGiven(comparison, true)?.agreement.score;
  const norms = plain === undefined ? "" : `; with its norms too: ${plain.toFixed(7)}`;
  return judge(what, limit, `${ours.toFixed(5)}${norms}`, ours > LEAST_CORRELATION);
}

/** Nothing of ours but the engine: recall may differ either way by the margin alone. */
function givenRecall(comparison: Comparison): Gate {
  const what =
    "recall@10 on the reference's clusters, codebooks and norms, three published settings: ours less the reference's";
  const limit = `within ${RECALL_MARGIN}`;
  const ours = findGiven(comparison, true);
  const reference = findBuild(comparison, "same", "reference");
  if (ours === undefined || reference === undefined) return notMeasured(what, limit);
  const margins = marginsOf(ours, reference, (number) => comparison.grid[number]?.published === true);
  const most = Math.max(-margins.least, margins.most);
  return judge(what, limit, showRange(margins), most <= RECALL_MARGIN + ROUNDING);
}

function tacError({ tac }: Comparison): Gate {
  const ratio = tac.ours.errors.all / tac.reference.errors.all;
  const what = "TAC's mean squared quantisation error, ours / the reference's";
  return judge(what, `<= ${MOST_ERROR_RATIO}`, ratio.toFixed(4), ratio <= MOST_ERROR_RATIO);
}

function allocation({ allocation: { types, differing, differingTies } }: Comparison): Gate {
  const undecided = `${differing} of ${types} types differ, ${differingTies} of them ties`;
  return judge("centroids per token type, equal but for ties", "0 others", undecided, differing === differingTies);
}

function memory(comparison: Comparison): Gate {
  const limit = memoryLimit(comparison.vectorBytes);
  const what = "peak anonymous memory of our whole build";
  const shown = `<= ${megabytes(limit)} (25 % of the vectors + 256 MiB)`;
  const ours = findBuild(comparison, "whole", "ours")?.peakAnonymousBytes;
  if (ours === undefined || ours === 0) return notMeasured(what, shown);
  const reference = findBuild(comparison, "whole", "reference")?.peakAnonymousBytes;
  const beside = reference === undefined ? "" : `; the reference: ${megabytes(reference)}`;
  return judge(what, shown, `${megabytes(ours)}${beside}`, ours <= limit);
}

export function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(0)} MB`;
}
