/** The report that ghz writes with `--format json`, and a summary of it in the layout of ghz's own. */

import type { BenchmarkRecord } from "../record/record.js";

export interface GhzReport {
  count: number;
  /** Nanoseconds, like all durations here. */
  total: number;
  average: number;
  fastest: number;
  slowest: number;
  /** Calls per second. */
  rps: number;
  errorDistribution: Record<string, number>;
  statusCodeDistribution: Record<string, number>;
  latencyDistribution: { percentage: number; latency: number }[] | null;
}

/** Calls that did not end with OK. */
export function countErrors({ count, statusCodeDistribution }: GhzReport): number {
  return count - (statusCodeDistribution["OK"] ?? 0);
}

/** Adds the figures of a report to a record. */
export function recordReport(record: BenchmarkRecord, test: string, report: GhzReport): void {
  const add = (metric: string, unit: string, value: number, ...range: [low: number, high: number] | []) =>
    record.add("maxsimd", { test }, metric, unit, value, ...range);
  add("calls", "", report.count);
  add("failed_calls", "", countErrors(report));
  add("requests_per_second", "1/s", report.rps);
  add("latency_mean", "ms", report.average / 1e6, report.fastest / 1e6, report.slowest / 1e6);
  for (const { percentage, latency } of report.latencyDistribution ?? []) {
    add(`latency_p${percentage}`, "ms", latency / 1e6);
  }
}

export function showSummary(report: GhzReport): string {
  const lines = [
    "Summary:",
    `  Count:\t${report.count}`,
    `  Total:\t${milliseconds(report.total)}`,
    `  Slowest:\t${milliseconds(report.slowest)}`,
    `  Fastest:\t${milliseconds(report.fastest)}`,
    `  Average:\t${milliseconds(report.average)}`,
    `  Requests/sec:\t${report.rps.toFixed(2)}`,
    "",
    "Latency distribution:",
    ...(report.latencyDistribution ?? []).map(
      ({ percentage, latency }) => `  ${percentage} % in ${milliseconds(latency)}`,
    ),
    "",
    "Status code distribution:",
    ...Object.entries(report.statusCodeDistribution).map(([code, count]) => `  [${code}]\t${count} responses`),
  ];
  const errors = Object.entries(report.errorDistribution ?? {});
  if (errors.length > 0)
    lines.push("", "Error distribution:", ...errors.map(([error, count]) => `  [${count}]\t${error}`));
  return lines.join("\n");
}

function milliseconds(nanoseconds: number): string {
  return `${(nanoseconds / 1e6).toFixed(2)} ms`;
}
