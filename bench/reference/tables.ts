/** The tables of a comparison, printed from its records: on the terminal and in the READMEs. */

import type { BenchmarkRecord, Parameters } from "../record/record.js";
import type { Table } from "../record/table.js";
import { gates, megabytes, signed } from "./gates.js";
import { atPoint, GRID, type NamedPoint, showPoint } from "./grid.js";
import { FINER, OWN, SAME } from "./variants.js";

const TITLES: Readonly<Record<string, string>> = { debian: "Debian descriptions", cranfield: "Cranfield" };
const DEFAULT = GRID.find(({ name }) => name === "default") as NamedPoint;

/** The tables of one or several records, by their titles. */
export const TABLES = {
  Limits: gateTable,
  Measured: measuredTable,
  "Recall and time": gridTable,
  "At equal recall": equalRecallTable,
  "At a fixed recall": fixedRecallTable,
};

/** Every limit, with what was measured on each data set. */
export function gateTable(records: readonly BenchmarkRecord[]): Table {
  const each = records.map(gates);
  const rows = (each[0] ?? []).map(({ what, limit }, i) => {
    const figures = each.map((found) => found[i]!);
    return [
      what,
      limit,
      ...figures.map(({ figure, verdict }) => (verdict === "met" ? figure : `${figure} **${verdict}**`.trim())),
    ];
  });
  return { head: ["", "limit", ...records.map(({ dataset }) => dataset)], rows };
}

/** What both engines measure on each data set, ours first. */
export function measuredTable(records: readonly BenchmarkRecord[]): Table {
  const finer = (record: BenchmarkRecord, extra: Parameters, metric: string) => {
    const [ours, reference] = both(record, { ...SAME, ...extra }, metric);
    return list([ours, record.value("maxsimd", { ...FINER, ...extra }, metric), reference], fixed(5));
  };
  const rows: Record<string, (record: BenchmarkRecord) => string> = {
    "documents, tokens, queries": (record) =>
      list(
        ["documents", "tokens", "queries"].map((metric) => record.value("", {}, metric)),
        count,
      ),
    centroids: (record) => list(both(record, OWN, "centroids"), count),
    "mean squared quantisation error of the clusters": (record) =>
      list(both(record, { ...OWN, tokens: "all" }, "mean_squared_error"), fixed(5)),
    "size of the index": (record) => list(both(record, OWN, "index_size"), megabytes),
    "time of a build": (record) => list(both(record, OWN, "build_time"), seconds),
    "peak anonymous memory of a build": (record) => list(both(record, OWN, "peak_anonymous_memory"), megabytes),
    "reconstruction error, same clusters: ours, with 64 subspaces, reference": (record) =>
      finer(record, {}, "reconstruction_error"),
    "score correlation with exact MaxSim, same clusters: ours, with 64 subspaces, reference": (record) =>
      finer(record, { with: "exact" }, "score_correlation"),
    "mean score less the exact one, same clusters": (record) =>
      list(both(record, SAME, "score_less_exact"), (value) => signed(value, 3)),
  };
  return {
    head: ["ours, reference", ...records.map(({ dataset }) => dataset)],
    rows: Object.entries(rows).map(([name, cell]) => [name, ...records.map(cell)]),
  };
}

/** Recall and time at each point of the grid, own clusters. */
export function gridTable(records: readonly BenchmarkRecord[]): Table {
  const head = records.flatMap(({ dataset }) => [`${dataset}: recall@10`, "ms", "time ratio"]);
  const rows = GRID.map((point) => [
    point.name,
    showPoint(point),
    ...records.flatMap((record) => {
      const [ours, reference] = [at(record, "maxsimd", point), at(record, "tachiom", point)];
      return [
        list([ours.recall, reference.recall], fixed(4)),
        list([ours.ms, reference.ms], fixed(2)),
        fixed(2)(record.value("maxsimd/tachiom", atPoint(OWN, point), "query_time")),
      ];
    }),
  ]);
  return { head: ["", "k_centroids / k_docs / ef / alpha", ...head], rows };
}

/** Recalls at which the engines' fastest points are compared. */
const FIXED_RECALLS = [0.8, 0.85, 0.9, 0.95];

/** For each point of the reference, the fastest of our points with at least its recall. */
export function equalRecallTable(records: readonly BenchmarkRecord[]): Table {
  const rows = GRID.map((point) => [
    point.name,
    ...records.flatMap((record) => {
      const reference = at(record, "tachiom", point);
      const ours = fastestReaching(
        reference.recall,
        GRID.map((each) => ({ name: each.name, ...at(record, "maxsimd", each) })),
      );
      if (ours === undefined) return ["no point reaches it", ""];
      return [
        `${ours.name}: ${fixed(4)(ours.recall)} in ${fixed(2)(ours.ms)} ms`,
        `${fixed(1)(reference.ms / ours.ms)} ×`,
      ];
    }),
  ]);
  return { head: ["the reference at", ...records.flatMap(({ dataset }) => [`${dataset}: ours at`, "speed"])], rows };
}

/** The fastest points of both engines that reach a recall. */
export function fixedRecallTable(records: readonly BenchmarkRecord[]): Table {
  const fastest = (record: BenchmarkRecord, engine: string, recall: number) =>
    fastestReaching(
      recall,
      GRID.map((each) => ({ name: each.name, ...at(record, engine, each) })),
    );
  const show = (point: ReturnType<typeof fastest>) =>
    point === undefined ? "no point reaches it" : `${point.name}: ${fixed(2)(point.ms)} ms`;
  const rows = FIXED_RECALLS.map((recall) => [
    fixed(2)(recall),
    ...records.flatMap((record) => {
      const [ours, reference] = [fastest(record, "maxsimd", recall), fastest(record, "tachiom", recall)];
      const ratio = ours && reference && `${fixed(1)(reference.ms / ours.ms)} ×`;
      return [`${show(ours)}; ${show(reference)}`, ratio ?? ""];
    }),
  ]);
  return { head: ["recall@10", ...records.flatMap(({ dataset }) => [`${dataset}: ours; reference`, "speed"])], rows };
}

/** The main README's figures: default parameters, own clusters. */
export function summaryTable(records: readonly BenchmarkRecord[]): Table {
  const rows = records.map((record) => {
    const [ours, reference] = [at(record, "maxsimd", DEFAULT), at(record, "tachiom", DEFAULT)];
    return [
      `${TITLES[record.dataset] ?? record.dataset}: ${count(record.value("", {}, "documents"))} documents, ${(record.value("", {}, "tokens") / 1e6).toFixed(2)} M tokens`,
      list([ours.recall, reference.recall], fixed(3)),
      list([ours.ms, reference.ms], (value) => `${value.toFixed(1)} ms`),
      list(both(record, OWN, "build_time"), seconds),
      list(both(record, OWN, "peak_anonymous_memory"), megabytes),
    ];
  });
  return {
    head: ["maxsimd, tachiom", "recall@10 against exact MaxSim", "a query", "a build, 2 cores", "its memory"],
    rows,
  };
}

/** A figure of both engines, ours first. */
function both(record: BenchmarkRecord, parameters: Parameters, metric: string): [ours: number, reference: number] {
  return [record.value("maxsimd", parameters, metric), record.value("tachiom", parameters, metric)];
}

function at(record: BenchmarkRecord, engine: string, point: NamedPoint): { recall: number; ms: number } {
  const parameters = atPoint(OWN, point);
  return { recall: record.value(engine, parameters, "recall@10"), ms: record.value(engine, parameters, "query_time") };
}

/** The fastest of `points` with at least the given recall. */
export function fastestReaching<P extends { recall: number; ms: number }>(
  recall: number,
  points: readonly P[],
): P | undefined {
  return points.filter((point) => point.recall >= recall).toSorted((a, b) => a.ms - b.ms)[0];
}

function list(values: readonly number[], show: (value: number) => string): string {
  return values.every(Number.isNaN)
    ? "not measured"
    : values.map((value) => (Number.isNaN(value) ? "not measured" : show(value))).join(", ");
}

function fixed(digits: number): (value: number) => string {
  return (value) => (Number.isNaN(value) ? "not measured" : value.toFixed(digits));
}

function count(value: number): string {
  return value.toLocaleString("en");
}

function seconds(value: number): string {
  return `${value.toFixed(0)} s`;
}
