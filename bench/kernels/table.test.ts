import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { BenchmarkRecord, type Circumstances } from "../record/record.js";
import { recordEstimates } from "./criterion-estimates.js";
import { kernelTable } from "./table.js";

// The promise: the table shows what Criterion measured last, the fastest kernel first, and says what was not measured.

test("a table of Criterion's estimates", () => {
  const folder = mkdtempSync(join(tmpdir(), "maxsimd-criterion-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const record = new BenchmarkRecord("kernels", "arrays", {} as Circumstances);
  expect(() => recordEstimates(record, folder)).toThrow(/no new\/estimates\.json/);
  const write = (kernel: string, backend: string, run: string, ns: number) => {
    const path = join(folder, kernel, backend, run);
    mkdirSync(path, { recursive: true });
    const median = { point_estimate: ns, confidence_interval: { lower_bound: ns - 1, upper_bound: ns + 1 } };
    writeFileSync(join(path, "estimates.json"), JSON.stringify({ median }));
    const benchmark = { group_id: kernel, function_id: backend, throughput: { Elements: 1000 } };
    writeFileSync(join(path, "benchmark.json"), JSON.stringify(benchmark));
  };
  write("widen", "portable", "new", 400);
  write("widen", "portable", "base", 999);
  write("widen", "avx512", "new", 100);
  write("products", "portable", "new", 80);
  recordEstimates(record, folder);
  expect(record.find("avx512", { kernel: "widen" }, "time")).toMatchObject({ value: 100, low: 99, high: 101 });
  const { head, rows } = kernelTable([record]);
  expect(head).toEqual(["kernel", "portable", "avx512", "operations per ns"]);
  expect(rows).toEqual([
    ["products", "80 ns", "not measured", "12.5"],
    ["widen", "400 ns", "100 ns, 4.0 ×", "10.0"],
  ]);
});
