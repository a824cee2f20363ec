import { describe, expect, test } from "vitest";
import type { BuildFigures, Comparison, Variant } from "./comparison.js";
import { gates, memoryLimit } from "./gates.js";
import { GRID } from "./grid.js";

// The promise: each limit is judged as the README words it, and what was not measured is never called met.

const errors = (all: number) => ({ all, micro: 1, small: 1, active: 1 });

function build(variant: Partial<Variant>, recall: number, correlation = 1): BuildFigures {
  const agreement = { queries: 1, documents: 3, score: correlation, scoreLowest: 1, rank: 1, rankLowest: 1 };
  return {
    ...{ group: "whole", side: "ours", pqSeed: 42, pqSubspaces: 32, ...variant },
    ...{ seconds: 1, bytes: 1, centroids: 1, peakAnonymousBytes: 100e6, measuredAt: "", reconstruction: 1 },
    ...{ recalls: GRID.map(() => recall), agreement, scoreDifference: 0 },
    ...{ exactAgreement: agreement, exactDifference: 0 },
  };
}

function comparison(builds: BuildFigures[], changed: Partial<Comparison> = {}): Comparison {
  const tac = { centroids: 1, seconds: 1, errors: errors(1) };
  return {
    ...{ dataset: "sample", documents: 1, tokens: 1, dim: 1, vectorBytes: 1e9, queries: 1, measuredAt: "" },
    ...{ versions: { ours: "", reference: "" }, thresholds: { micro: 32, small: 64 }, budget: 1 },
    tac: { ours: tac, reference: tac },
    allocation: { types: 9, activeTypes: 3, differing: 0, differingTies: 0, pairs: [] },
    grid: GRID,
    builds,
    timing: { ours: [1], reference: [1], ratio: [1], rounds: 1, queries: 1 },
    ...changed,
  };
}

const verdicts = (value: Comparison) => gates(value).map(({ verdict }) => verdict);
const [SAME_RECALL, CORRELATION, GIVEN_CORRELATION, GIVEN_RECALL] = [0, 1, 2, 3];
const [WHOLE_RECALL, ERROR, SHARES, MEMORY] = [4, 5, 6, 7];

describe("gates", () => {
  test("without indexes on the same clusters, four are not measured and fail nothing", () => {
    const value = comparison([build({}, 0.9), build({ side: "reference" }, 0.9)]);
    expect(verdicts(value)).toEqual([...Array(4).fill("not measured"), "met", "met", "met", "met"]);
    expect(gates(value).some(({ fails }) => fails)).toBe(false);
  });

  test("recall may be 0.005 below the reference's, and no more; above it is well", () => {
    const whole = (ours: number) => verdicts(comparison([build({}, ours), build({ side: "reference" }, 0.95)]));
    expect([0.945, 0.9449, 0.99].map((ours) => whole(ours)[WHOLE_RECALL])).toEqual(["met", "not met", "met"]);
    const same = (ours: number) => {
      const group = "same" as const;
      return verdicts(comparison([build({ group }, ours), build({ group, side: "reference" }, 0.95)]));
    };
    expect([0.945, 0.9449].map((ours) => same(ours)[SAME_RECALL])).toEqual(["met", "not met"]);
  });

  test("a correlation of 0.999 or less is not met; it fails only below what the reference has with itself", () => {
    const group = "same" as const;
    const judged = (ours: number, itself: number) => {
      const builds = [build({ group }, 1, ours), build({ group, side: "reference", pqSeed: 43 }, 1, itself)];
      const { verdict, fails } = gates(comparison(builds))[CORRELATION]!;
      return [verdict, fails];
    };
    expect(judged(0.9991, 1)).toEqual(["met", false]);
    expect(judged(0.998, 0.9984)).toEqual(["not met", false]);
    expect(judged(0.998, 0.9986)).toEqual(["not met", true]);
  });

  test("with the reference's codebooks too the correlation must be there", () => {
    const group = "same" as const;
    const judged = (given: number, plain: number) => {
      const codebooks = "reference" as const;
      const variants = [build({ group, codebooks }, 1, given), build({ group, codebooks, plainNorms: true }, 1, plain)];
      // The index with codebooks of its own is another.
      const { verdict, fails } = gates(comparison([build({ group }, 1, 1), ...variants]))[GIVEN_CORRELATION]!;
      return [verdict, fails];
    };
    expect(judged(0.9991, 0.9)).toEqual(["met", false]);
    expect(judged(0.999, 1)).toEqual(["not met", true]);
  });

  test("with its norms too recall may differ by 0.005 either way", () => {
    const group = "same" as const;
    const judged = (ours: number) => {
      const reference = build({ group, side: "reference" }, 0.95);
      const given = build({ group, codebooks: "reference", plainNorms: true }, ours);
      return verdicts(comparison([reference, build({ group, codebooks: "reference" }, 0.5), given]))[GIVEN_RECALL];
    };
    expect([0.945, 0.9449, 0.955, 0.9551].map(judged)).toEqual(["met", "not met", "met", "not met"]);
  });

  test("the error may be a hundredth more", () => {
    const value = (all: number) => {
      const side = (error: number) => ({ centroids: 1, seconds: 1, errors: errors(error) });
      return verdicts(comparison([], { tac: { ours: side(all), reference: side(2) } }))[ERROR];
    };
    expect([value(2.02), value(2.021)]).toEqual(["met", "not met"]);
  });

  test("every type that differs must be a tie", () => {
    const value = (differing: number, differingTies: number) => {
      const allocation = { types: 9, activeTypes: 3, differing, differingTies, pairs: [] };
      return verdicts(comparison([], { allocation }))[SHARES];
    };
    expect([value(2, 2), value(2, 1)]).toEqual(["met", "not met"]);
  });

  test("memory: a quarter of the vectors and 256 MiB; unknown where the system does not say", () => {
    expect(memoryLimit(1e9)).toBe(250e6 + 268_435_456);
    const value = (peakAnonymousBytes: number) =>
      verdicts(comparison([{ ...build({}, 1), peakAnonymousBytes }]))[MEMORY];
    expect([value(518_435_456), value(518_435_457), value(0)]).toEqual(["met", "not met", "not measured"]);
  });
});
