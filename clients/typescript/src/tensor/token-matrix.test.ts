import { Dtype } from "@maxsimd/proto";
import { describe, expect, it } from "vitest";
import type { MaxsimRpcError } from "../errors/maxsim-rpc-error.js";
import { encodeTokens, type TokenMatrix } from "./token-matrix.js";

function refusal(matrix: TokenMatrix, dtype?: "f16" | "f32"): Partial<MaxsimRpcError> {
  try {
    encodeTokens(matrix, dtype);
  } catch (error) {
    const { code, field, expected, got } = error as MaxsimRpcError;
    return { code, field, expected, got };
  }
  throw new Error("accepted");
}

describe("encodeTokens", () => {
  it("sends binary16, little-endian, by default", () => {
    const encoded = encodeTokens({ data: Float32Array.of(1, -2, 0.5, 0), dim: 2 });
    expect(encoded).toMatchObject({ dtype: Dtype.F16, dim: 2, rows: 2 });
    expect([...encoded.bytes]).toEqual([0x00, 0x3c, 0x00, 0xc0, 0x00, 0x38, 0, 0]);
  });

  it("keeps binary32 when asked", () => {
    const encoded = encodeTokens({ data: Float32Array.of(1, 1e30), dim: 2 }, "f32");
    expect(encoded).toMatchObject({ dtype: Dtype.F32, dim: 2, rows: 1 });
    expect(new DataView(encoded.bytes.buffer, encoded.bytes.byteOffset).getFloat32(4, true)).toBe(Math.fround(1e30));
  });

  it("takes rows of numbers and rows of Float32Array alike", () => {
    const flat = encodeTokens({ data: Float32Array.of(1, 2, 3, 4, 5, 6), dim: 3 });
    expect(
      encodeTokens([
        [1, 2, 3],
        [4, 5, 6],
      ]),
    ).toEqual(flat);
    expect(encodeTokens([Float32Array.of(1, 2, 3), Float32Array.of(4, 5, 6)])).toEqual(flat);
  });

  it.each<[unknown, string]>([
    [[0.1, 0.2], "a number as row 0"],
    [Float32Array.of(0.1, 0.2), "Float32Array"],
    [[[1, 2], undefined], "a undefined as row 1"],
    [
      [
        [1, 2],
        [3, 4n],
      ],
      "Array as row 1",
    ],
    [[Uint16Array.of(1, 2)], "Uint16Array as row 0"],
    [{ 0: [1, 2], length: 1 }, "Object"],
  ])("refuses what is not rows of numbers, with the fix: %o", (query, got) => {
    expect(refusal(query as TokenMatrix)).toEqual({
      code: "SHAPE_MISMATCH",
      field: "query",
      expected: "an array of rows",
      got,
    });
    expect(() => encodeTokens(query as TokenMatrix)).toThrow("{ data: Float32Array.from(numbers), dim }");
  });

  it("passes bit patterns through, whatever dtype says", () => {
    const encoded = encodeTokens({ data: Uint16Array.of(0x3c00, 0x1234), dim: 2 }, "f32");
    expect(encoded.dtype).toBe(Dtype.F16);
    expect([...encoded.bytes]).toEqual([0x00, 0x3c, 0x34, 0x12]);
  });

  it("copies, so that the caller may reuse its buffer while the query waits", () => {
    for (const data of [Uint16Array.of(0x3c00), Float32Array.of(1)]) {
      const { bytes } = encodeTokens({ data, dim: 1 }, "f32");
      const before = [...bytes];
      data.fill(0);
      expect([...bytes]).toEqual(before);
    }
  });

  it("refuses a query without rows, rows that differ, and a length that is no multiple of dim", () => {
    expect(refusal([]).code).toBe("EMPTY_QUERY");
    expect(refusal({ data: new Float32Array(0), dim: 4 }).code).toBe("EMPTY_QUERY");
    expect(refusal({ data: new Float32Array(5), dim: 4 })).toMatchObject({ code: "SHAPE_MISMATCH", got: "5 elements" });
    expect(refusal([[1, 2], [1]])).toMatchObject({ code: "SHAPE_MISMATCH", got: "1 in row 1" });
    expect(refusal({ data: new Float32Array(4), dim: 0 })).toMatchObject({ code: "SHAPE_MISMATCH", field: "dim" });
    expect(refusal({ data: new Float64Array(4) as unknown as Float32Array, dim: 4 })).toMatchObject({
      code: "SHAPE_MISMATCH",
      got: "Float64Array",
    });
  });

  it("refuses NaN and infinity in either dtype, and names the place", () => {
    for (const bad of [Number.NaN, Number.POSITIVE_INFINITY]) {
      for (const dtype of ["f16", "f32"] as const) {
        const error = refusal({ data: Float32Array.of(0, 0, 0, bad), dim: 2 }, dtype);
        expect(error).toMatchObject({ code: "NON_FINITE", expected: "a finite number", got: String(bad) });
      }
    }
    expect(() => encodeTokens({ data: Float32Array.of(0, 0, 0, Number.NaN), dim: 2 })).toThrow("row 1, element 1");
  });

  it("refuses what binary16 would turn into infinity, and says what to do", () => {
    expect(refusal({ data: Float32Array.of(70000), dim: 1 })).toMatchObject({
      code: "NON_FINITE",
      expected: "a magnitude under 65520",
      got: "70000",
    });
    expect(() => encodeTokens({ data: Float32Array.of(70000), dim: 1 })).toThrow('send dtype "f32"');
  });
});
