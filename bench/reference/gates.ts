import type { BenchmarkRecord } from "../record/record.js";
import { CODEBOOKS, FINER, NORMS, OWN, RESEEDED, SAME } from "./variants.js";

/** A limit, and what was measured. */
export interface Gate {
  readonly what: string;
  readonly limit: string;
  readonly figure: string;
  readonly verdict: "met" | "not met" | "not measured";
  /** Whether the run ends with 1 for it. */
  readonly fails: boolean;
}

const RECALL_MARGIN = 0.005;
/** A difference of two means of multiples of 1/n is exact up to this. */
const ROUNDING = 1e-9;
const LEAST_CORRELATION = 0.999;
/** A correlation lower than tachiom's with itself by more than this fails: the difference is ours. */
const CORRELATION_NOISE = 0.0005;
const MOST_ERROR_RATIO = 1.01;
const MEMORY_BASE = 256 * 2 ** 20;

export function gates(record: BenchmarkRecord): Gate[] {
  return [
    recallGate(record, "recall@10, the reference's clusters, three published settings", {
      ...SAME,
      points: "published",
    }),
    correlationGate(record),
    codebooksGate(record),
    recallGate(
      record,
      "recall@10, the reference's clusters, codebooks and norms, three published settings",
      { ...NORMS, points: "published" },
      RECALL_MARGIN,
    ),
    recallGate(record, "recall@10, own clusters, every point of the grid", { ...OWN, points: "all" }),
    errorGate(record),
    allocationGate(record),
    memoryGate(record),
  ];
}

function judge(what: string, limit: string, figure: string, isMeasured: boolean, isKept: boolean): Gate {
  if (!isMeasured) return { what, limit, figure: "", verdict: "not measured", fails: false };
  return { what, limit, figure, verdict: isKept ? "met" : "not met", fails: !isKept };
}

/** Ours less tachiom's: not below −0.005, nor above `most`. */
function recallGate(record: BenchmarkRecord, what: string, parameters: object, most = Number.POSITIVE_INFINITY): Gate {
  const limit = `ours − reference ${most === RECALL_MARGIN ? "within ±" : "≥ −"}${RECALL_MARGIN}`;
  const { low, high } = record.find("maxsimd-tachiom", { ...parameters }, "recall@10") ?? {};
  if (low === undefined || high === undefined) return judge(what, limit, "", false, false);
  const isKept = low >= -RECALL_MARGIN - ROUNDING && high <= most + ROUNDING;
  return judge(what, limit, `${signed(low)} to ${signed(high)}`, true, isKept);
}

function correlation(record: BenchmarkRecord, engine: string, build: object): number {
  return record.value(engine, { ...build, with: "tachiom" }, "score_correlation");
}

function correlationGate(record: BenchmarkRecord): Gate {
  const ours = correlation(record, "maxsimd", SAME);
  const finer = correlation(record, "maxsimd", FINER);
  const itself = correlation(record, "tachiom", RESEEDED);
  const figure = `${ours.toFixed(5)}; with 64 subspaces ${finer.toFixed(5)}; the reference with itself ${itself.toFixed(5)}`;
  const what = "score correlation per query, the reference's clusters, mean";
  const gate = judge(what, `> ${LEAST_CORRELATION}`, figure, ours + itself > 0, ours > LEAST_CORRELATION);
  return { ...gate, fails: gate.fails && ours < itself - CORRELATION_NOISE };
}

function codebooksGate(record: BenchmarkRecord): Gate {
  const ours = correlation(record, "maxsimd", CODEBOOKS);
  const norms = correlation(record, "maxsimd", NORMS);
  const figure = `${ours.toFixed(5)}; with the reference's norms too ${norms.toFixed(7)}`;
  const what = "score correlation per query, the reference's clusters and codebooks, mean";
  return judge(what, `> ${LEAST_CORRELATION}`, figure, ours > 0, ours > LEAST_CORRELATION);
}

function errorGate(record: BenchmarkRecord): Gate {
  const error = (engine: string) => record.value(engine, { ...OWN, tokens: "all" }, "mean_squared_error");
  const ratio = error("maxsimd") / error("tachiom");
  const what = "mean squared quantisation error of the clusters";
  const limit = `ours / reference ≤ ${MOST_ERROR_RATIO}`;
  return judge(what, limit, ratio.toFixed(4), ratio > 0, ratio <= MOST_ERROR_RATIO);
}

function allocationGate(record: BenchmarkRecord): Gate {
  const differing = record.value("maxsimd-tachiom", OWN, "token_types_with_other_centroids");
  const ties = record.value("maxsimd-tachiom", OWN, "ties_among_them");
  const types = record.value("", {}, "token_types").toLocaleString("en");
  const figure = `${differing} of ${types} types differ, ${ties} of them ties`;
  return judge("centroids of each token type", "equal but for ties", figure, differing >= 0, differing === ties);
}

/** Most anonymous memory that a build may take, bytes. */
export function memoryLimit(vectorBytes: number): number {
  return 0.25 * vectorBytes + MEMORY_BASE;
}

function memoryGate(record: BenchmarkRecord): Gate {
  const limit = memoryLimit(record.value("", {}, "vector_bytes"));
  const ours = record.value("maxsimd", OWN, "peak_anonymous_memory");
  const reference = record.value("tachiom", OWN, "peak_anonymous_memory");
  const figure = `${megabytes(ours)} of ${megabytes(limit)}; the reference ${megabytes(reference)}`;
  return judge("peak anonymous memory of a build", "≤ 25 % of the vectors + 256 MiB", figure, ours > 0, ours <= limit);
}

export function signed(value: number, digits = 4): string {
  return `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(digits)}`;
}

export function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toLocaleString("en", { maximumFractionDigits: bytes < 20e6 ? 1 : 0 })} MB`;
}
