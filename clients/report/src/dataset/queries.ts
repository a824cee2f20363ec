import { InputError } from "./input-error.js";

/** Queries of a file: the token vectors of all, one query after another. */
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

/**
 * Reads the queries of an `.npy` file.
 *
 * @param path token vectors, f16, f32 or f64: [rows, dim], or [queries, rows, dim]
 * @param lens `.npy` with the rows of each query; without it, a matrix of two dimensions is one query
 * @throws InputError INVALID_INPUT, or MaxsimError for a file that cannot be read
 */
export async function readQueries(path: string, lens?: string): Promise<QuerySet> {
  const { readNpy } = await import("@maxsimd/native");
  const { shape, dtype, data } = readNpy(path);
  // numpy's default type is f64.
  const tokens = data instanceof Float64Array ? Float32Array.from(data) : data;
  if (!(tokens instanceof Float32Array || tokens instanceof Uint16Array)) {
    throw new InputError("INVALID_INPUT", `${path} holds ${dtype}: expected token vectors, f16, f32 or f64`);
  }
  if (shape.length !== 2 && (shape.length !== 3 || lens !== undefined)) {
    const expected =
      lens === undefined ? "[rows, dim] or [queries, rows, dim]" : "[rows, dim], because --lens is given";
    throw new InputError("INVALID_INPUT", `${path} has the shape [${shape.join(", ")}]: expected ${expected}`);
  }
  const [dim = 0, rowsOfLast = 0, count = 1] = shape.toReversed();
  const rows = count * rowsOfLast;
  const lengths = lens === undefined ? new Array<number>(count).fill(rowsOfLast) : readNpy(lens).data;
  const offsets = BigUint64Array.from(accumulate(Array.from(lengths, Number)), BigInt);
  if (Number(offsets.at(-1)) !== rows) {
    throw new InputError("INVALID_INPUT", `${lens} adds up to ${offsets.at(-1)} rows, but ${path} has ${rows}`);
  }
  return { count: offsets.length - 1, dim, rows, tokens, offsets };
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
