import { describe, expect, it } from "vitest";
import { mean, ndcg, percentile, recall, success } from "./metrics.js";

/** Judgements of grade 1. */
function relevant(...documents: number[]): Map<number, number> {
  return new Map(documents.map((document) => [document, 1]));
}

describe("ndcg weighs a relevant document by 1 / log2(rank + 1)", () => {
  it("gives the worked example by hand", () => {
    // Relevant at ranks 1 and 3 of 3 wanted: (1 + 1/2) / (1 + 0.630930 + 1/2) = 1.5 / 2.130930.
    expect(ndcg([7, 1, 8], relevant(7, 8, 9), 10)).toBeCloseTo(0.703918, 6);
  });

  it("weighs a document by its grade", () => {
    // Grades 1, 3, 0 in this order against 3, 2, 1: (1 + 3 * 0.630930) / (3 + 2 * 0.630930 + 1/2) = 2.892789 / 4.761860.
    const grades = new Map([
      [5, 3],
      [6, 1],
      [7, 2],
    ]);
    expect(ndcg([6, 5, 9], grades, 10)).toBeCloseTo(0.6074915, 6);
    // Cut at 1, the best ranking begins with grade 3.
    expect(ndcg([6, 5, 9], grades, 1)).toBeCloseTo(1 / 3, 12);
  });

  it("is 1 for every best ranking and 0 without a relevant document", () => {
    expect(ndcg([4, 2, 9, 9], relevant(2, 4), 10)).toBe(1);
    expect(ndcg([1, 3], relevant(2, 4), 10)).toBe(0);
  });

  it("uses k places only, of the ranking and of the best one", () => {
    // Two of three relevant in the first two places are all that two places can hold.
    expect(ndcg([1, 2, 9, 3], relevant(1, 2, 3), 2)).toBe(1);
    // Relevant at rank 3 is out of sight.
    expect(ndcg([8, 9, 1], relevant(1), 2)).toBe(0);
  });

  it("is 0 for a query without relevant documents", () => {
    expect(ndcg([1, 2], relevant(), 10)).toBe(0);
  });

  it("accepts a ranking shorter than k", () => {
    // Found one of two: 1 / (1 + 0.630930).
    expect(ndcg([5], relevant(5, 6), 10)).toBeCloseTo(0.613147, 6);
  });
});

describe("success is whether one relevant document is among the first k", () => {
  it("counts rank k and not rank k + 1", () => {
    expect(success([1, 2, 3, 4, 5, 6], relevant(5), 5)).toBe(1);
    expect(success([1, 2, 3, 4, 5, 6], relevant(6), 5)).toBe(0);
    expect(success([], relevant(6), 5)).toBe(0);
  });
});

describe("recall compares sets of the first k", () => {
  it("ignores the order", () => {
    expect(recall([3, 2, 1], [1, 2, 3], 3)).toBe(1);
    expect(recall([1, 2, 4], [1, 2, 3], 3)).toBeCloseTo(2 / 3, 12);
  });

  it("uses k documents only, of either ranking", () => {
    expect(recall([9, 1, 2], [1, 2, 9], 2)).toBe(0.5);
  });

  it("is the share of all exact documents if there are fewer than k", () => {
    expect(recall([1, 7], [1, 2], 10)).toBe(0.5);
    expect(recall([1], [], 10)).toBe(1);
  });

  it("does not count a repeated document twice", () => {
    expect(recall([1, 1], [1, 2], 2)).toBe(0.5);
  });
});

describe("percentile is the nearest rank", () => {
  it("returns one of the measured values", () => {
    const values = [5, 1, 4, 2, 3];
    expect(percentile(values, 0.5)).toBe(3);
    expect(percentile(values, 0.99)).toBe(5);
    expect(percentile(values, 0.2)).toBe(1);
    expect(percentile(values, 0)).toBe(1);
    expect(percentile([1, 2, 3, 10], 0.5)).toBe(2);
  });

  it("refuses an empty list", () => {
    expect(() => percentile([], 0.5)).toThrow("got none");
    expect(() => mean([])).toThrow("got none");
  });
});

it("mean is the sum over the count", () => {
  expect(mean([1, 2, 6])).toBe(3);
});
