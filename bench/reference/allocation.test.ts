import { expect, test } from "vitest";
import { compareShares, tiedTypes } from "./allocation.js";
import { tokenTypes } from "./token-types.js";

// The promise: only types whose order the formulas leave open are counted as ties.

/** A type whose share is in proportion to `weight`. */
const type = (weight: number, count = 1_000_000) => ({ count, spread: weight / Math.sqrt(count) });

test("a deficit that ends among types of the same start share", () => {
  // Ideals 5.5, 5.5, 11 of 22: rounded 6, 6, 11, one too many, which the largest gives: no other has 11.
  expect(tiedTypes([type(1), type(1), type(2)], 22)).toEqual([false, false, false]);
  // Ideals 5.5, 5.5, 5.5, 5.5: rounded 6 each, two too many, and all four are alike.
  expect(tiedTypes([type(1), type(1), type(1), type(1)], 22)).toEqual([true, true, true, true]);
});

test("a surplus that ends among types of the same fraction", () => {
  // Ideals 5.25, 5.25, 10.5 of 21: rounded 5, 5, 11, nothing over.
  expect(tiedTypes([type(1), type(1), type(2)], 21)).toEqual([false, false, false]);
  // Ideals 6.25, 6.25, 12.5 of 25: rounded 6, 6, 13, nothing over; with 5.4, 5.4, 16.2 of 27: 5, 5, 16, one over.
  expect(tiedTypes([type(1), type(1), type(3)], 27)).toEqual([true, true, false]);
});

test("a pass with a turn for each of its rank leaves no tie", () => {
  // The shares in proportion to the weights add up to the budget, so that each ideal is the weight.
  expect(tiedTypes([type(5.4), type(5.4), type(4.2)], 15)).toEqual([true, true, false]);
  // Rounded 5, 5, 5, 6 of 22: one over, for .65, though it was rounded up already.
  expect(tiedTypes([type(5.45), type(5.45), type(5.45), type(5.65)], 22)).toEqual([false, false, false, false]);
  // Rounded 5, 5, 5, 6 of 22.0: one over for two with .4.
  expect(tiedTypes([type(5.4), type(5.4), type(5.2), type(6)], 22)).toEqual([true, true, false, false]);
  // Rounded 5, 5, 7 of 18: one over, and the largest fraction stands alone.
  expect(tiedTypes([type(5.45), type(5.25), type(7.3)], 18)).toEqual([false, false, false]);
});

test("beyond all caps the same order goes on", () => {
  // Caps 5 and 5; ideals 10 and 9: five and four over, nine turns: the last one goes to one of two with fraction 0.
  expect(tiedTypes([type(10, 195), type(9, 195)], 19)).toEqual([true, true]);
});

test("a type at its cap takes no turn", () => {
  // Ideals 9.4, 9.4, 28.2 of 47; the third is capped at 390 / 39 = 10: 9, 9, 10, and 19 over go to the first two.
  expect(tiedTypes([type(1), type(1), type(3, 390)], 47)).toEqual([true, true, false]);
  // Ideals 9.33, 9.33, 37.33 of 56: 9, 9, 10, and 28 over, 14 for each of the first two.
  expect(tiedTypes([type(1), type(1), type(4, 390)], 56)).toEqual([false, false, false]);
});

test("types with other numbers of centroids, and ties among them", () => {
  // 200 tokens of types 1 and 2 each, 1 of type 3: 11 centroids are 1 for type 3, and 5 for each active type of 10.
  const types = tokenTypes(Uint32Array.from({ length: 401 }, (_, i) => Math.floor(i / 200) + 1));
  const compared = (budget: number, ours: number[], reference: number[]) => {
    const thresholds = { micro: 32, small: 64 };
    const spread = [1, 1, 0];
    return compareShares(types, spread, thresholds, budget, Uint32Array.from(ours), Uint32Array.from(reference));
  };
  expect(compared(11, [5, 5, 1], [5, 5, 1])).toEqual({ differing: 0, ties: 0 });
  // 9 for two alike: either may get 5.
  expect(compared(10, [5, 4, 1], [4, 5, 1])).toEqual({ differing: 2, ties: 2 });
  expect(compared(11, [6, 4, 1], [5, 5, 1])).toEqual({ differing: 2, ties: 0 });
});
