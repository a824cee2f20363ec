import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { BenchmarkRecord } from "./record.js";

// The promise: a record read back is the record that was written, and every row says where it comes from.

const CIRCUMSTANCES = {
  date: "2026-11-25",
  commit: "0123abc",
  machine: '2 × a "fast" processor, 8 GiB',
  ...{ system: "Linux 6.1", kernels: "avx512", node: "20.20.2", rustc: "", packages: "maxsimd 0.1.0, tachiom 0.4.0" },
};

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "maxsimd-record-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

test("a record comes back as it was written", () => {
  const record = new BenchmarkRecord("reference", "small", CIRCUMSTANCES);
  record.add("maxsimd", { clusters: "own", ef: 30, alpha: null, seed: undefined }, "query_time", "ms", 2.5, 2, 3);
  record.add("", {}, "documents", "", 1400);
  record.add("maxsimd-tachiom", {}, "recall@10", "", Number.NaN, -0.1, 0.1);
  record.add("maxsimd", {}, "mean of nothing", "", Number.NaN);
  const path = record.save(folder);
  expect(readdirSync(folder)).toEqual(["reference-small.csv"]);
  const back = BenchmarkRecord.load(path);
  expect(back).toEqual(record);
  expect(back.figures).toHaveLength(3);
  expect(back.find("maxsimd", { clusters: "own", ef: 30, alpha: null }, "query_time")).toMatchObject({
    value: 2.5,
    low: 2,
    high: 3,
  });
  expect(back.value("tachiom", {}, "documents")).toBeNaN();
  expect(
    readFileSync(path, "utf8")
      .trim()
      .split("\n")
      .slice(1)
      .every((line) => line.startsWith("2026-11-25,0123abc,")),
  ).toBe(true);
});

test("a file with other columns is refused", () => {
  const path = join(folder, "other.csv");
  writeFileSync(path, "date,commit\n1,2\n");
  expect(() => BenchmarkRecord.load(path)).toThrow(
    /other\.csv: expected rows with the columns date, .* got date, commit/,
  );
});
