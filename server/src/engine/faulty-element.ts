import { ErrorCode } from "@maxsimd/proto";
import { ServiceError } from "../errors/service-error.js";
import type { Query } from "./query.js";

/** Largest absolute value of an element of a query, as in native/core/src/search/query.rs: the largest of f16. */
const MOST = 65_504;

/**
 * The error of a query with a NaN, an infinity or a value so large that scores could overflow. Native code says only that there is one;
 * it is looked for here, once the query has failed.
 */
export function faultyElement(
  { data, dtype, field }: Pick<Query, "data" | "dtype" | "field">,
  dim: number,
): ServiceError {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const width = dtype === "f16" ? 2 : 4;
  const read = (at: number): number =>
    dtype === "f16" ? fromHalf(view.getUint16(at, true)) : view.getFloat32(at, true);
  let at = 0;
  while (at + width < data.byteLength && Math.abs(read(at)) <= MOST) {
    at += width;
  }
  const place = at / width;
  return new ServiceError(ErrorCode.NON_FINITE, "the query holds a NaN, an infinity or a number that is too large", {
    field,
    expected: `numbers from -${MOST} to ${MOST}`,
    got: `${read(at)} in row ${Math.floor(place / dim)}, column ${place % dim}`,
  });
}

/** Of an f16 whose exponent is all ones; other f16 are within the bound, so their values do not matter. */
function fromHalf(bits: number): number {
  if ((bits & 0x7c00) !== 0x7c00) {
    return 0;
  }
  if ((bits & 0x03ff) !== 0) {
    return Number.NaN;
  }
  return (bits & 0x8000) === 0 ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY;
}
