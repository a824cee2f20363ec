import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { BenchmarkRecord } from "../record/record.js";

/**
 * Adds what Criterion measured last: for each `<kernel>/<backend>` in its folder the median time of a call in nanoseconds with its
 * 95 % interval, and the number of multiply-adds, conversions or comparisons of a call.
 *
 * @throws if the folder has no measurements
 */
export function recordEstimates(record: BenchmarkRecord, folder: string): void {
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" });
  const found = files.filter((file) => file.endsWith("new/estimates.json")).map((file) => join(folder, dirname(file)));
  if (found.length === 0) throw new Error(`${folder}: expected measurements of Criterion, found no new/estimates.json`);
  for (const path of found.toSorted()) {
    const read = (name: string) => JSON.parse(readFileSync(join(path, name), "utf8"));
    const { group_id: kernel, function_id: backend, throughput } = read("benchmark.json");
    const { point_estimate: median, confidence_interval: interval } = read("estimates.json").median;
    record.add(backend, { kernel }, "time", "ns", median, interval.lower_bound, interval.upper_bound);
    record.add(backend, { kernel }, "operations", "", throughput?.Elements ?? Number.NaN);
  }
}
