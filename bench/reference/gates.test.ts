import { describe, expect, test } from "vitest";
import { BenchmarkRecord, type Circumstances } from "../record/record.js";
import { gates, memoryLimit } from "./gates.js";
import { CODEBOOKS, NORMS, OWN, RESEEDED, SAME } from "./variants.js";

// The promise: each limit is judged as the README words it, and a figure that was not measured is never called met.

const SAME_RECALL = 0;
const CORRELATION = 1;
const GIVEN_CORRELATION = 2;
const GIVEN_RECALL = 3;
const OWN_RECALL = 4;
const ERROR = 5;
const SHARES = 6;
const MEMORY = 7;

function judge(gate: number, fill: (record: BenchmarkRecord) => void) {
  const record = new BenchmarkRecord("reference", "small", {} as Circumstances);
  fill(record);
  const { verdict, fails } = gates(record)[gate]!;
  return [verdict, fails];
}

const [met, fails] = [
  ["met", false],
  ["not met", true],
];

describe("gates", () => {
  test("of an empty record are not measured, and none fails", () => {
    const all = gates(new BenchmarkRecord("reference", "small", {} as Circumstances));
    expect(all.map(({ verdict }) => verdict)).toEqual(Array(8).fill("not measured"));
    expect(all.some((gate) => gate.fails)).toBe(false);
  });

  test.each([
    [OWN_RECALL, { ...OWN, points: "all" }],
    [SAME_RECALL, { ...SAME, points: "published" }],
  ])("recall may be 0.005 lower than the reference's; it may be higher (gate %i)", (gate, parameters) => {
    const judged = (low: number) =>
      judge(gate, (record) => record.add("maxsimd-tachiom", parameters, "recall@10", "", low, low, low + 0.1));
    expect([-0.005, -0.0051, 0.04].map(judged)).toEqual([met, fails, met]);
  });

  test("with the reference's codebooks and norms, recall may differ by 0.005 either way", () => {
    const parameters = { ...NORMS, points: "published" };
    const judged = (value: number) =>
      judge(GIVEN_RECALL, (record) => record.add("maxsimd-tachiom", parameters, "recall@10", "", value, value, value));
    expect([-0.005, -0.0051, 0.005, 0.0051].map(judged)).toEqual([met, fails, met, fails]);
  });

  test("a correlation of at most 0.999 is not met; it fails only below what the reference has with itself", () => {
    const judged = (ours: number, itself: number) =>
      judge(CORRELATION, (record) => {
        record.add("maxsimd", { ...SAME, with: "tachiom" }, "score_correlation", "", ours);
        record.add("tachiom", { ...RESEEDED, with: "tachiom" }, "score_correlation", "", itself);
      });
    expect(judged(0.9991, 1)).toEqual(met);
    expect(judged(0.998, 0.9984)).toEqual(["not met", false]);
    expect(judged(0.998, 0.9986)).toEqual(fails);
  });

  test("with the reference's codebooks, a correlation of at most 0.999 fails", () => {
    const judged = (given: number, norms: number) =>
      judge(GIVEN_CORRELATION, (record) => {
        // The index with codebooks of its own is another.
        record.add("maxsimd", { ...SAME, with: "tachiom" }, "score_correlation", "", 1);
        record.add("maxsimd", { ...CODEBOOKS, with: "tachiom" }, "score_correlation", "", given);
        record.add("maxsimd", { ...NORMS, with: "tachiom" }, "score_correlation", "", norms);
      });
    expect(judged(0.9991, 0.9)).toEqual(met);
    expect(judged(0.999, 1)).toEqual(fails);
  });

  test("the quantisation error may be 1 % more", () => {
    const judged = (ours: number) =>
      judge(ERROR, (record) => {
        record.add("maxsimd", { ...OWN, tokens: "all" }, "mean_squared_error", "", ours);
        record.add("tachiom", { ...OWN, tokens: "all" }, "mean_squared_error", "", 2);
      });
    expect([2.02, 2.021].map(judged)).toEqual([met, fails]);
  });

  test("every type with another number of centroids must be a tie", () => {
    const judged = (ties: number) =>
      judge(SHARES, (record) => {
        record.add("maxsimd-tachiom", OWN, "token_types_with_other_centroids", "", 2);
        record.add("maxsimd-tachiom", OWN, "ties_among_them", "", ties);
      });
    expect([2, 1].map(judged)).toEqual([met, fails]);
  });

  test("memory: a quarter of the vectors and 256 MiB", () => {
    expect(memoryLimit(1e9)).toBe(250e6 + 268_435_456);
    const judged = (bytes: number) =>
      judge(MEMORY, (record) => {
        record.add("", {}, "vector_bytes", "B", 1e9);
        record.add("maxsimd", OWN, "peak_anonymous_memory", "B", bytes);
      });
    expect([518_435_456, 518_435_457, Number.NaN].map(judged)).toEqual([met, fails, ["not measured", false]]);
  });
});
