import { ErrorCode } from "@maxsimd/proto";
import { describe, expect, it } from "vitest";
import { faultyElement } from "./faulty-element.js";

// The promise: the error of a query that scores cannot be computed from names the row and column of the first element at fault.

function f32(...values: number[]): Uint8Array {
  // At an odd offset, as a message's bytes may be.
  const bytes = new Uint8Array(1 + 4 * values.length);
  const view = new DataView(bytes.buffer, 1);
  for (const [i, value] of values.entries()) view.setFloat32(4 * i, value, true);
  return bytes.subarray(1);
}

describe("faultyElement", () => {
  it.each([
    ["NaN", f32(0, 1, 2, Number.NaN, -1, 0), "NaN in row 1, column 1"],
    ["an infinity", f32(Number.NEGATIVE_INFINITY, Number.NaN), "-Infinity in row 0, column 0"],
    ["a number that is too large", f32(65_504, -65_504, 0, 3e38), `${Math.fround(3e38)} in row 1, column 1`],
    ["a number that is too small", f32(0, 0, 0, 0, 0, -65_536), "-65536 in row 2, column 1"],
  ])("names %s in f32", (_, data, got) => {
    expect(faultyElement({ data, dtype: "f32", field: "query.data" }, 2)).toMatchObject({
      code: ErrorCode.NON_FINITE,
      field: "query.data",
      expected: "numbers from -65504 to 65504",
      got,
    });
  });

  it.each([
    [0x7e00, "NaN"],
    [0x7c00, "Infinity"],
    [0xfc00, "-Infinity"],
  ])("names an f16 with the bits %i", (bits, text) => {
    const data = new Uint8Array(Uint16Array.of(0x7bff, 0xfbff, 0x3c00, bits).buffer);
    expect(faultyElement({ data, dtype: "f16", field: "" }, 3).got).toBe(`${text} in row 1, column 0`);
  });
});
