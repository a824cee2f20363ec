import { expect, test } from "vitest";
import { agreement, meanDifference, meanRecall, type Rankings } from "./rankings.js";

// The promise: recall and agreement are computed as the README says, over places with a document.

const NONE = 4294967295;

function rankings(k: number, places: [number, number][]): Rankings {
  return { k, ids: Uint32Array.from(places, ([id]) => id), scores: Float32Array.from(places, ([, score]) => score) };
}

test("recall@2 is the share of the two best, whatever their order, and places beyond do not count", () => {
  const truth = rankings(3, [
    [7, 9],
    [5, 8],
    [1, 7],
    [4, 3],
    [2, 2],
    [9, 1],
  ]);
  const found = rankings(3, [
    [5, 4],
    [7, 3],
    [2, 1],
    [4, 9],
    [9, 8],
    [2, 7],
  ]);
  // 2 of 2, and 1 of 2.
  expect(meanRecall(found, truth, 2)).toBe(0.75);
});

test("agreement looks at the documents of both, and leaves out queries with fewer than three", () => {
  const a = rankings(4, [
    [1, 30],
    [2, 20],
    [3, 10],
    [8, 5],
    [1, 2],
    [2, 1],
    [NONE, Number.NEGATIVE_INFINITY],
    [NONE, Number.NEGATIVE_INFINITY],
  ]);
  const b = rankings(4, [
    [1, 6],
    [3, 5],
    [2, 4],
    [9, 1],
    [1, 2],
    [2, 1],
    [NONE, Number.NEGATIVE_INFINITY],
    [NONE, Number.NEGATIVE_INFINITY],
  ]);
  // One query; scores 30, 20, 10 against 6, 4, 5: deviations 1, 0, -1 and 1, -1, 0.
  const { queries, documents, score, rank } = agreement(a, b);
  expect([queries, documents]).toEqual([1, 3]);
  expect(score).toBeCloseTo(0.5, 12);
  expect(rank).toBeCloseTo(0.5, 12);
});

test("the mean difference is of b and a, with the query's shift given back", () => {
  const a = rankings(1, [
    [1, 10],
    [1, 20],
  ]);
  const b = rankings(1, [
    [1, 7],
    [1, 15],
  ]);
  expect(meanDifference(a, b, [3, 4])).toBe((7 - 10 + 3 + (15 - 20 + 4)) / 2);
});
