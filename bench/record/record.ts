/**
 * A record: the figures of one benchmark on one data set, and the circumstances they were measured in, as a CSV file with a row
 * for each figure. README tables are printed from records.
 */

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "csv-parse/sync";
import { stringify } from "csv-stringify/sync";

/** Where, when and with what figures were measured; the empty string where it was not recorded. */
export interface Circumstances {
  /** ISO date. */
  readonly date: string;
  /** Commit of this repository, followed by `+` if files were changed since. */
  readonly commit: string;
  /** Number of cores, model of the processor and memory. */
  readonly machine: string;
  /** Operating system and its kernel's release. */
  readonly system: string;
  /** Instruction set of the native kernels: portable, avx2 or avx512. */
  readonly kernels: string;
  readonly node: string;
  readonly rustc: string;
  /** Versions of what was measured, as "maxsimd 0.1.0, tachiom 0.4.0". */
  readonly packages: string;
}

export interface Figure {
  /** What was measured: `maxsimd`, `tachiom`, `maxsimd/tachiom` for a ratio; empty for a figure of the data set. */
  readonly engine: string;
  /** `name=value` pairs with blanks between them, as {@link showParameters} writes them. */
  readonly parameters: string;
  readonly metric: string;
  /** NaN where only the range is known. */
  readonly value: number;
  readonly unit: string;
  /** The range of the figures that `value` sums up, where there are several. */
  readonly low?: number;
  readonly high?: number;
}

export type Parameters = Readonly<Record<string, string | number | null | undefined>>;

const CIRCUMSTANCES = ["date", "commit", "machine", "system", "kernels", "node", "rustc", "packages"] as const;
const COLUMNS = [
  ...CIRCUMSTANCES,
  ...["benchmark", "dataset", "engine", "parameters", "metric", "value", "unit", "low", "high"],
];

export class BenchmarkRecord {
  readonly benchmark: string;
  readonly dataset: string;
  readonly circumstances: Circumstances;
  readonly figures: Figure[] = [];

  constructor(benchmark: string, dataset: string, circumstances: Circumstances) {
    this.benchmark = benchmark;
    this.dataset = dataset;
    this.circumstances = circumstances;
  }

  /** Adds a figure. One without value and range, as the mean of nothing, is left out. */
  add(
    engine: string,
    parameters: Parameters,
    metric: string,
    unit: string,
    value: number,
    low?: number,
    high?: number,
  ) {
    if (Number.isNaN(value) && low === undefined) return;
    const range = low === undefined || high === undefined ? {} : { low, high };
    this.figures.push({ engine, parameters: showParameters(parameters), metric, value, unit, ...range });
  }

  find(engine: string, parameters: Parameters, metric: string): Figure | undefined {
    const wanted = showParameters(parameters);
    return this.figures.find(
      (figure) => figure.metric === metric && figure.engine === engine && figure.parameters === wanted,
    );
  }

  /** Value of a figure; NaN if it was not measured. */
  value(engine: string, parameters: Parameters, metric: string): number {
    return this.find(engine, parameters, metric)?.value ?? Number.NaN;
  }

  /** Writes `<benchmark>-<dataset>.csv` and returns its path. A record of the same name is replaced: git keeps the older ones. */
  save(folder: string): string {
    const { benchmark, dataset, circumstances } = this;
    const rows = this.figures.map((figure) => {
      return { ...circumstances, benchmark, dataset, ...figure, value: Number.isNaN(figure.value) ? "" : figure.value };
    });
    mkdirSync(folder, { recursive: true });
    const path = join(folder, `${benchmark}-${dataset}.csv`);
    writeFileSync(path, stringify(rows, { header: true, columns: COLUMNS }));
    return path;
  }

  /** @throws if the file has no rows or other columns */
  static load(path: string): BenchmarkRecord {
    const [head, ...rows] = parse(readFileSync(path, "utf8"));
    if (String(head) !== String(COLUMNS) || rows.length === 0) {
      throw new Error(`${path}: expected rows with the columns ${COLUMNS.join(", ")}, got ${head?.join(", ")}`);
    }
    const named = rows.map((row) => Object.fromEntries(row.map((cell, i) => [COLUMNS[i], cell]))) as Row[];
    const first = named[0] as Row;
    const circumstances = Object.fromEntries(
      CIRCUMSTANCES.map((name) => [name, first[name]]),
    ) as unknown as Circumstances;
    const record = new BenchmarkRecord(first.benchmark, first.dataset, circumstances);
    for (const { engine, parameters, metric, unit, ...text } of named) {
      const range = text.low === "" ? {} : { low: Number(text.low), high: Number(text.high) };
      const value = text.value === "" ? Number.NaN : Number(text.value);
      record.figures.push({ engine, parameters, metric, value, unit, ...range });
    }
    return record;
  }
}

type Row = Circumstances & Record<Exclude<keyof Figure, never> | "benchmark" | "dataset", string>;

/** `{ clusters: "own", ef: 30 }` → `clusters=own ef=30`; undefined is left out, null is "none". */
export function showParameters(parameters: Parameters): string {
  const given = Object.entries(parameters).filter(([, value]) => value !== undefined);
  return given.map(([name, value]) => `${name}=${value ?? "none"}`).join(" ");
}
