import { expect, it } from "vitest";
import { histogram } from "./histogram.js";

it("histogram counts a value in the bin that begins at or below it, and none beyond the last", () => {
  expect(histogram([0, 0.9, 1, 2.5, 3, 7], 3, 1)).toEqual([2, 1, 1]);
  expect(histogram([], 2, 1)).toEqual([0, 0]);
});
