import { create } from "@bufbuild/protobuf";
import { Dtype, type QueryBatch, QueryBatchSchema } from "@maxsimd/proto";
import { badArgument, type MaxsimRpcError } from "../errors/maxsim-rpc-error.js";
import { float32ToFloat16 } from "./float16.js";

/**
 * The token vectors of one query, one row per token:
 * - `{ data, dim }`: all rows, row-major. `data` holds binary32 numbers or binary16 bit patterns; its length is a multiple of `dim`.
 * - an array of rows of equal length.
 */
export type TokenMatrix =
  | { readonly data: Float32Array | Uint16Array; readonly dim: number }
  | readonly Float32Array[]
  | readonly (readonly number[])[];

/** Element type on the wire. Bit patterns (Uint16Array) are always sent as `f16`. */
export type WireDtype = "f16" | "f32";

/** A query's tensor in wire format. The bytes are a copy, so the caller may change its arrays. */
export interface EncodedTokens {
  readonly dtype: Dtype;
  readonly dim: number;
  readonly rows: number;
  /** rows * dim elements, little-endian. */
  readonly bytes: Uint8Array;
}

/** The wire's form of several queries of one dim and dtype, without their data. */
export function queryBatchOf(queries: readonly EncodedTokens[]): QueryBatch {
  const { dtype = Dtype.UNSPECIFIED, dim = 0 } = queries[0] ?? {};
  const rowCounts = queries.map(({ rows }) => rows);
  const rows = rowCounts.reduce((sum, count) => sum + count, 0);
  return create(QueryBatchSchema, { tokens: { dtype, dim, rows }, rowCounts });
}

const HOST_IS_LITTLE_ENDIAN = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/**
 * Encodes a query for the wire.
 *
 * Binary32 is converted to binary16 (rounded to nearest, ties to even) unless `dtype` is `"f32"`. That halves the bytes; for
 * vectors of unit length the relative error of an element is at most 2^-11, except for elements below 2^-14.
 *
 * @throws MaxsimRpcError EMPTY_QUERY, SHAPE_MISMATCH, or NON_FINITE for NaN, infinity, or a value that binary16 cannot hold
 */
export function encodeTokens(matrix: TokenMatrix, dtype: WireDtype = "f16"): EncodedTokens {
  if (typeof matrix !== "object" || matrix === null) {
    throw badArgument("SHAPE_MISMATCH", "query", "{ data, dim } or an array of rows", describe(matrix));
  }
  const { data, dim } = "data" in matrix ? checkFlat(matrix) : flatten(matrix);
  const rows = data.length / dim;
  if (data instanceof Uint16Array) return { dtype: Dtype.F16, dim, rows, bytes: littleEndian(data.slice()) };
  if (dtype === "f32") {
    const bad = data.findIndex((value) => !Number.isFinite(value));
    if (bad !== -1) throw nonFinite(data, bad, dim);
    return { dtype: Dtype.F32, dim, rows, bytes: littleEndian(data.slice()) };
  }
  // Not zeroed, because every element is written or the array is discarded.
  const { buffer } = Buffer.allocUnsafeSlow(2 * data.length);
  const halves = new Uint16Array(buffer);
  const bad = float32ToFloat16(data, halves);
  if (bad !== -1) throw nonFinite(data, bad, dim);
  return { dtype: Dtype.F16, dim, rows, bytes: littleEndian(halves) };
}

function checkFlat({ data, dim }: { data: Float32Array | Uint16Array; dim: number }) {
  if (!(data instanceof Float32Array || data instanceof Uint16Array)) {
    throw badArgument(
      "SHAPE_MISMATCH",
      "data",
      "a Float32Array, or a Uint16Array of binary16 bit patterns",
      describe(data),
    );
  }
  if (!Number.isInteger(dim) || dim < 1)
    throw badArgument("SHAPE_MISMATCH", "dim", "an integer of at least 1", String(dim));
  if (data.length === 0) throw emptyQuery();
  if (data.length % dim !== 0)
    throw badArgument("SHAPE_MISMATCH", "data", `a multiple of dim ${dim} elements`, `${data.length} elements`);
  return { data, dim };
}

function flatten(rows: readonly Float32Array[] | readonly (readonly number[])[]) {
  const wrong = Array.isArray(rows) ? rows.findIndex((row) => !isRow(row)) : 0;
  if (wrong !== -1) {
    const got = Array.isArray(rows) ? `${describe(rows[wrong])} as row ${wrong}` : describe(rows);
    const fix = "give one array of numbers per token, or all rows as { data: Float32Array.from(numbers), dim }";
    throw badArgument("SHAPE_MISMATCH", "query", "an array of rows", got, fix);
  }
  const first = rows[0];
  if (first === undefined) throw emptyQuery();
  const dim = first.length;
  if (dim === 0) throw badArgument("SHAPE_MISMATCH", "query", "rows of at least 1 element", "a row of 0");
  const data = new Float32Array(rows.length * dim);
  for (const [i, row] of rows.entries()) {
    if (row.length !== dim)
      throw badArgument("SHAPE_MISMATCH", "query", `rows of ${dim} elements, as row 0`, `${row.length} in row ${i}`);
    data.set(row, i * dim);
  }
  return { data, dim };
}

/** A row of numbers. A Uint16Array is refused: its bit patterns would be read as numbers. */
function isRow(row: unknown): boolean {
  if (Array.isArray(row)) return row.every((element) => typeof element === "number");
  return row instanceof Float32Array || row instanceof Float64Array;
}

function littleEndian(elements: Uint16Array | Float32Array): Uint8Array {
  const bytes = Buffer.from(elements.buffer, elements.byteOffset, elements.byteLength);
  if (HOST_IS_LITTLE_ENDIAN) return bytes;
  return elements.BYTES_PER_ELEMENT === 2 ? bytes.swap16() : bytes.swap32();
}

function describe(value: unknown): string {
  return typeof value === "object" ? (value?.constructor?.name ?? String(value)) : `a ${typeof value}`;
}

function emptyQuery(): MaxsimRpcError {
  return badArgument("EMPTY_QUERY", "query", "at least 1 token vector", "0");
}

function nonFinite(data: Float32Array, position: number, dim: number): MaxsimRpcError {
  const value = data[position] as number;
  const place = `row ${Math.floor(position / dim)}, element ${position % dim}`;
  if (!Number.isFinite(value))
    return badArgument("NON_FINITE", "query", "a finite number", String(value), `see ${place}`);
  const fix = `see ${place}; scale the vectors, or send dtype "f32"`;
  return badArgument("NON_FINITE", "query", "a magnitude under 65520", String(value), fix);
}
