import { describe, expect, test } from "vitest";
import { pearson, ranks, spearman } from "./correlation.js";

// The promise: correlations are the textbook's, computed here by hand.

describe("correlation", () => {
  test("of a sample and a shifted, stretched copy is 1, of its negative -1", () => {
    expect(pearson([1, 2, 4], [12, 14, 18])).toBeCloseTo(1, 12);
    expect(pearson([1, 2, 4], [-1, -2, -4])).toBeCloseTo(-1, 12);
  });

  test("of deviations -1, 0, 1 and -1, 1, 0 is 1 / 2", () => {
    expect(pearson([1, 2, 3], [4, 6, 5])).toBeCloseTo(0.5, 12);
  });

  test("equal values share the mean of their ranks", () => {
    expect(ranks([30, 10, 30, 20])).toEqual([2.5, 0, 2.5, 1]);
  });

  test("of ranks knows the order only", () => {
    expect(spearman([1, 2, 3], [1, 10, 1000])).toBeCloseTo(1, 12);
    // Ranks 0, 1, 2 and 0, 2, 1.
    expect(spearman([1, 2, 3], [5, 900, 6])).toBeCloseTo(0.5, 12);
  });
});
