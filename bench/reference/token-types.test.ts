import { tierOf } from "@maxsimd/report";
import { expect, test } from "vitest";
import { allocationOf, tokenTypes } from "./token-types.js";

// The promise: types, tiers and shares are counted from the files alone, the same way for both sides.

const types = tokenTypes(Uint32Array.of(9, 3, 9, 9, 100));

test("types are sorted by ascending id", () => {
  expect([...types.ids]).toEqual([3, 9, 100]);
  expect([...types.counts]).toEqual([1, 3, 1]);
  expect([...types.typeOf]).toEqual([1, 0, 1, 1, 2]);
});

test("a count at a threshold belongs to the larger tier", () => {
  expect([31, 32, 63, 64].map((count) => tierOf(count, { micro: 32, small: 64 }))).toEqual([
    "micro",
    "small",
    "small",
    "active",
  ]);
});

test("a type's centroids reach to the next type's first, the last type's to the end", () => {
  // 9 has centroids 1 to 3, of which its tokens use 1 and 3.
  expect([...allocationOf(types, Uint32Array.of(3, 0, 1, 3, 4), 6)]).toEqual([1, 3, 2]);
});
