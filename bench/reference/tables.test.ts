import { expect, test } from "vitest";
import { BenchmarkRecord, type Circumstances } from "../record/record.js";
import { atPoint, GRID } from "./grid.js";
import { equalRecallTable, fastestReaching, fixedRecallTable, gateTable, gridTable, measuredTable } from "./tables.js";
import { OWN } from "./variants.js";

// The promise: tables show the figures of their records, ours first, and say what was not measured.

test("the fastest point with at least a given recall", () => {
  const points = [
    { recall: 0.8, ms: 1 },
    { recall: 0.95, ms: 5 },
    { recall: 0.9, ms: 2 },
    { recall: 0.95, ms: 3 },
  ];
  expect([0.7, 0.85, 0.95, 0.96].map((recall) => fastestReaching(recall, points)?.ms)).toEqual([1, 2, 3, undefined]);
});

test("figures of a record, and what it lacks", () => {
  const record = new BenchmarkRecord("reference", "small", {} as Circumstances);
  const [least, second] = [GRID[0]!, GRID[1]!];
  for (const [engine, recall, ms] of [
    ["maxsimd", 0.8, 1],
    ["tachiom", 0.85, 4],
  ] as const) {
    record.add(engine, atPoint(OWN, least), "recall@10", "", recall);
    record.add(engine, atPoint(OWN, least), "query_time", "ms", ms);
  }
  record.add("maxsimd", atPoint(OWN, second), "recall@10", "", 0.9);
  record.add("maxsimd", atPoint(OWN, second), "query_time", "ms", 2);
  record.add("maxsimd-tachiom", { ...OWN, points: "all" }, "recall@10", "", 0, -0.0051, 0.01);
  record.add("maxsimd", OWN, "build_time", "s", 7.4);
  record.add("tachiom", OWN, "build_time", "s", 77);
  expect(gridTable([record]).rows[0]).toEqual([
    "least",
    "4 / 50 / 6 / 0.45",
    "0.8000, 0.8500",
    "1.00, 4.00",
    "not measured",
  ]);
  expect(gridTable([record]).rows[1]).toContain("0.9000, not measured");
  expect(equalRecallTable([record]).rows[0]).toEqual(["least", "few centroids 1: 0.9000 in 2.00 ms", "2.0 ×"]);
  expect(fixedRecallTable([record]).rows.slice(0, 3)).toEqual([
    ["0.80", "least: 1.00 ms; least: 4.00 ms", "4.0 ×"],
    ["0.85", "few centroids 1: 2.00 ms; least: 4.00 ms", "2.0 ×"],
    ["0.90", "few centroids 1: 2.00 ms; no point reaches it", ""],
  ]);
  expect(gateTable([record]).rows[4]?.at(-1)).toBe("−0.0051 to +0.0100 **not met**");
  expect(gateTable([record]).rows[5]?.at(-1)).toBe("**not measured**");
  expect(measuredTable([record]).rows).toContainEqual(["time of a build", "7 s, 77 s"]);
  expect(measuredTable([record]).rows).toContainEqual(["centroids", "not measured"]);
});
