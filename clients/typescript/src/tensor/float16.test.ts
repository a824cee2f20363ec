import { describe, expect, it } from "vitest";
import { float32ToFloat16 } from "./float16.js";

function convert(value: number): number {
  const target = new Uint16Array(1);
  const bad = float32ToFloat16(Float32Array.of(value), target);
  if (bad !== -1) throw new Error(`refused ${value}`);
  return target[0] as number;
}

/** Value of a finite binary16 bit pattern, by the definition of the format. */
function numberOf(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >>> 10) & 31;
  const fraction = half & 0x3ff;
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1024 + fraction) * 2 ** (exponent - 25));
}

describe("float32ToFloat16", () => {
  it.each([
    [0, 0x0000],
    [-0, 0x8000],
    [1, 0x3c00],
    [-2, 0xc000],
    [0.5, 0x3800],
    [1 / 3, 0x3555],
    [65504, 0x7bff], // largest
    [65519.996, 0x7bff], // just under the tie with infinity
    [-65504, 0xfbff],
    [2 ** -14, 0x0400], // least normal
    [2 ** -14 - 2 ** -24, 0x03ff], // largest subnormal
    [2 ** -14 - 2 ** -25, 0x0400], // tie between the two: to even, which is normal
    [2 ** -24, 0x0001], // least subnormal
    [2 ** -25, 0x0000], // tie with zero: to even
    [2 ** -25 * 1.0001, 0x0001],
    [3 * 2 ** -25, 0x0002], // tie between 1 and 2: to even
    [5 * 2 ** -25, 0x0002], // tie between 2 and 3: to even
    [2 ** -26, 0x0000],
    [-(2 ** -26), 0x8000],
    [1e-45, 0x0000], // a binary32 subnormal
    [1 + 2 ** -11, 0x3c00], // tie: down to even
    [1 + 3 * 2 ** -11, 0x3c02], // tie: up to even
    [1 + 2 ** -11 + 2 ** -23, 0x3c01], // just above the tie
    [2 - 2 ** -12, 0x4000], // carries into the exponent
  ])("rounds %d to the bit pattern the standard gives", (value, expected) => {
    expect(convert(value)).toBe(expected);
  });

  it("gives back every finite bit pattern that exists", () => {
    for (let half = 0; half < 0x10000; half++) {
      if (((half >>> 10) & 31) === 31) continue;
      expect(convert(numberOf(half))).toBe(half);
    }
  });

  it("takes the nearest neighbour, and the even one at a tie, for every pair of neighbours", () => {
    for (let half = 0; half < 0x7bff; half++) {
      const low = numberOf(half);
      const middle = (low + numberOf(half + 1)) / 2; // exact in binary32
      const ulp = 2 ** (Math.floor(Math.log2(middle)) - 23);
      expect(convert(middle)).toBe(half & 1 ? half + 1 : half);
      expect(convert(middle - ulp)).toBe(half);
      expect(convert(middle + ulp)).toBe(half + 1);
    }
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 65520, -65520, 1e30])(
    "refuses %d, which has no finite binary16",
    (value) => {
      expect(float32ToFloat16(Float32Array.of(1, value, 2), new Uint16Array(3))).toBe(1);
    },
  );

  it("respects the offset of a view", () => {
    const all = Float32Array.of(5, 1, 2, 5);
    const target = new Uint16Array(2);
    float32ToFloat16(all.subarray(1, 3), target);
    expect([...target]).toEqual([0x3c00, 0x4000]);
  });
});
