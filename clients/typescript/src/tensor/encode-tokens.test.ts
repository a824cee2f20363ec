import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { Dtype, TokenTensorSchema } from "@maxsimd/proto";
import fc from "fast-check";
import { expect, it } from "vitest";
import { MaxsimRpcError } from "../errors/maxsim-rpc-error.js";
import { encodeTokens, type TokenMatrix, type WireDtype } from "./token-matrix.js";

// The promise: what is decoded from a message is what the caller gave, exactly or rounded to the nearest binary16; all else is refused before
// it is sent.

/** The largest finite binary16, and the least number that rounds to more. */
const [LARGEST, TOO_LARGE] = [65_504, 65_520];

/** The value of a binary16 bit pattern, by the definition of the format. */
function numberOf(half: number): number {
  const exponent = (half >>> 10) & 31;
  const fraction = half & 0x3ff;
  const magnitude = exponent === 0 ? fraction * 2 ** -24 : (1024 + fraction) * 2 ** (exponent - 25);
  return half & 0x8000 ? -magnitude : magnitude;
}

/** The naive twin: the code of the error; undefined if the matrix is sent. */
function naiveFault(rows: readonly Float32Array[], dtype: WireDtype): string | undefined {
  if (rows.length === 0) return "EMPTY_QUERY";
  if (rows[0]?.length === 0 || rows.some((row) => row.length !== rows[0]?.length)) return "SHAPE_MISMATCH";
  const isSent = (value: number) => Number.isFinite(value) && (dtype === "f32" || Math.abs(value) < TOO_LARGE);
  return rows.every((row) => row.every(isSent)) ? undefined : "NON_FINITE";
}

const number = fc.oneof(
  { weight: 8, arbitrary: fc.float({ min: -2, max: 2, noNaN: true }) },
  { weight: 2, arbitrary: fc.float({ min: -LARGEST, max: LARGEST, noNaN: true }) },
  { weight: 1, arbitrary: fc.float() },
);
const rows = fc
  .tuple(fc.nat({ max: 6 }), fc.nat({ max: 5 }), fc.integer({ min: 0, max: 20 }))
  .chain(([count, dim, other]) =>
    fc.tuple(
      ...Array.from({ length: count }, (_, i) => {
        // One row in some matrices is longer.
        const length = i === other ? dim + 1 : dim;
        return fc.array(number, { minLength: length, maxLength: length }).map((row) => Float32Array.from(row));
      }),
    ),
  ) as fc.Arbitrary<Float32Array[]>;

it("a matrix is decoded as what it was, or is refused with the code that is documented", () => {
  let sent = 0;
  fc.assert(
    fc.property(rows, fc.constantFrom<WireDtype>("f16", "f32"), fc.boolean(), (matrix, dtype, flat) => {
      const [first] = matrix;
      const isEven = first !== undefined && first.length > 0 && matrix.every((row) => row.length === first.length);
      const given: TokenMatrix =
        flat && isEven ? { data: Float32Array.from(matrix.flatMap((row) => [...row])), dim: first.length } : matrix;
      let encoded: ReturnType<typeof encodeTokens>;
      try {
        encoded = encodeTokens(given, dtype);
      } catch (error) {
        expect(error).toBeInstanceOf(MaxsimRpcError);
        expect((error as MaxsimRpcError).code).toBe(naiveFault(matrix, dtype));
        return;
      }
      expect(naiveFault(matrix, dtype)).toBeUndefined();
      sent += 1;
      const { bytes, ...shape } = encoded;
      const message = toBinary(TokenTensorSchema, create(TokenTensorSchema, { ...shape, data: bytes }));
      const { dim, rows: count, data, dtype: received } = fromBinary(TokenTensorSchema, message);
      expect([received, dim, count]).toEqual([dtype === "f16" ? Dtype.F16 : Dtype.F32, first?.length, matrix.length]);
      const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
      const width = dtype === "f16" ? 2 : 4;
      expect(data.length).toBe(count * dim * width);
      for (const [i, value] of matrix.flatMap((row) => [...row]).entries()) {
        if (dtype === "f32") {
          expect(view.getFloat32(4 * i, true)).toBe(value);
          continue;
        }
        const half = view.getUint16(2 * i, true);
        // No neighbour is nearer.
        const distance = Math.abs(numberOf(half) - value);
        const neighbours = [half - 1, half + 1].filter((bits) => (bits & 0x7fff) < 0x7c00 && bits >= 0);
        for (const other of neighbours) expect(distance).toBeLessThanOrEqual(Math.abs(numberOf(other) - value));
      }
    }),
    { numRuns: 3000 },
  );
  expect(sent).toBeGreaterThan(500);
});
