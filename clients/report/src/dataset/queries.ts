import type { NpyArray } from "@maxsimd/native";
import { findArray } from "./arrays.js";
import { InputError } from "./input-error.js";
import { requireFiles } from "./require-files.js";

/** The token vectors of several queries, one query after another. */
export interface QuerySet {
  readonly count: number;
  readonly dim: number;
  /** Rows of all queries. */
  readonly rows: number;
  /** [rows, dim], row-major; f16 as bit patterns. */
  readonly tokens: Float32Array | Uint16Array;
  /** Row at which each query begins, [count + 1]. The last entry is the end of the last query. */
  readonly offsets: BigUint64Array;
}

/** Rows of the longest query that a server answers: the highest limit that one can be given. */
const MOST_ROWS = 1024;

/**
 * Reads queries.
 *
 * @param source token vectors, f16, bf16, f32 or f64: [rows, dim], or [queries, rows, dim]; or a folder or an archive with
 *   query_vectors and perhaps query_lens
 * @param lens the rows of each query; without it, a matrix of two dimensions is one query
 * @throws InputError INVALID_INPUT, or MaxsimError for an array that cannot be read
 */
export async function readQueries(source: string, lens?: string): Promise<QuerySet> {
  const { readNpy } = await import("@maxsimd/native");
  const vectors = (await findArray(source, "query_vectors")) ?? source;
  const lengthsOf = lens ?? (await findArray(source, "query_lens"));
  requireFiles(vectors, lengthsOf);
  const array = readNpy(vectors);
  const { shape } = array;
  const tokens = toFloats(vectors, array);
  if (shape.length !== 2 && (shape.length !== 3 || lengthsOf !== undefined)) {
    const expected =
      lengthsOf === undefined ? "[rows, dim] or [queries, rows, dim]" : `[rows, dim], because ${lengthsOf} divides it`;
    throw new InputError("INVALID_INPUT", `${vectors} has the shape [${shape.join(", ")}]: expected ${expected}`);
  }
  const [dim = 0, rowsOfLast = 0, count = 1] = shape.toReversed();
  const rows = count * rowsOfLast;
  const lengths =
    lengthsOf === undefined ? new Array<number>(count).fill(rowsOfLast) : toLengths(lengthsOf, readNpy(lengthsOf));
  const offsets = BigUint64Array.from(accumulate(lengths), BigInt);
  if (Number(offsets.at(-1)) !== rows) {
    throw new InputError("INVALID_INPUT", `${lengthsOf} adds up to ${offsets.at(-1)} rows, but ${vectors} has ${rows}`);
  }
  return { count: offsets.length - 1, dim, rows, tokens, offsets };
}

/** f16 as it is, wider numbers as f32. f64, numpy's default type, is rounded. */
function toFloats(name: string, { dtype, data }: NpyArray): Float32Array | Uint16Array {
  if (dtype === "f16") return data as Uint16Array;
  if (dtype === "f32") return data as Float32Array;
  if (dtype === "f64") return Float32Array.from(data as Float64Array);
  if (dtype === "bf16") return new Float32Array(Uint32Array.from(data as Uint16Array, (bits) => bits << 16).buffer);
  throw new InputError("INVALID_INPUT", `${name} holds ${dtype}: expected token vectors, f16, bf16, f32 or f64`);
}

function toLengths(name: string, { dtype, data }: NpyArray): number[] {
  const lengths = Array.from(data as ArrayLike<number | bigint>, Number);
  const wrong = /^[iu]/.test(dtype) ? lengths.find((length) => length < 0) : dtype;
  if (wrong === undefined) return lengths;
  throw new InputError("INVALID_INPUT", `${name} holds ${wrong}: expected the number of rows of each query`);
}

/** Throws InputError if a query of `rows` rows is longer than a server answers. */
export function requireQueryRows(position: number, rows: number, source: string): void {
  if (rows <= MOST_ROWS) return;
  const found = `query ${position} has ${rows} rows, more than the ${MOST_ROWS} that a query may have`;
  throw new InputError("INVALID_INPUT", `${found}: divide ${source} into queries with --lens <array>`);
}

/** The queries `from` to `to` (exclusive) as a set of their own. */
export function sliceQueries({ tokens, offsets, dim }: QuerySet, from: number, to: number): QuerySet {
  const first = offsets[from] as bigint;
  const slice = offsets.slice(from, to + 1).map((offset) => offset - first);
  const rows = Number(slice.at(-1));
  const start = Number(first) * dim;
  return { count: to - from, dim, rows, tokens: tokens.subarray(start, start + rows * dim), offsets: slice };
}

function accumulate(lengths: readonly number[]): number[] {
  let sum = 0;
  return [0, ...lengths.map((length) => (sum += length))];
}
