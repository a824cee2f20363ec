import { expect, test } from "vitest";
import { fastestReaching } from "./tables.js";

test("the fastest point that finds as much", () => {
  const recalls = [0.8, 0.95, 0.9, 0.95];
  const milliseconds = [1, 5, 2, 3];
  expect(fastestReaching(0.7, recalls, milliseconds)).toBe(0);
  expect(fastestReaching(0.85, recalls, milliseconds)).toBe(2);
  expect(fastestReaching(0.95, recalls, milliseconds)).toBe(3);
  expect(fastestReaching(0.96, recalls, milliseconds)).toBeUndefined();
});
