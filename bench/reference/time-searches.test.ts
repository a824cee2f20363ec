import { expect, test } from "vitest";
import { median } from "./time-searches.js";

test("the median is the middle value, or the mean of the two in the middle", () => {
  expect(median([5, 1, 9])).toBe(5);
  expect(median([5, 1, 9, 6])).toBe(5.5);
});
