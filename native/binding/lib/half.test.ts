import { expect, test } from "vitest";
import { toHalf } from "./index.js";

test.each([
  [0, 0x0000],
  [-0, 0x8000],
  [1, 0x3c00],
  [-2, 0xc000],
  [0.1, 0x2e66],
  [65504, 0x7bff],
  [65519.99, 0x7bff],
  [65520, 0x7c00],
  [Number.POSITIVE_INFINITY, 0x7c00],
  [Number.NEGATIVE_INFINITY, 0xfc00],
  // Ties go to the even neighbour.
  [1 + 1 / 2048, 0x3c00],
  [1 + 3 / 2048, 0x3c02],
  // Below 2^-14 the steps are equal; a value below half a step becomes zero.
  [2 ** -14, 0x0400],
  [2 ** -24, 0x0001],
  [2 ** -25, 0x0000],
  [3 * 2 ** -25, 0x0002],
  [2 ** -14 - 2 ** -25, 0x0400],
])("%d becomes %d", (value, bits) => {
  expect(toHalf(Float32Array.of(value))[0]).toBe(bits);
});

test("NaN stays NaN", () => {
  const bits = toHalf(Float32Array.of(Number.NaN))[0] ?? 0;
  expect(bits & 0x7c00).toBe(0x7c00);
  expect(bits & 0x03ff).not.toBe(0);
});
