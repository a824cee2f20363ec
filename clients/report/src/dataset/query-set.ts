import type { DatasetFiles } from "./dataset-files.js";
import { InputError } from "./input-error.js";
import { readNpyHeader } from "./npy-header.js";
import { type FileQuery, readQueries } from "./queries.js";

/** Queries to search together: the rows of all, one query after another. */
export interface QuerySet {
  readonly count: number;
  readonly dim: number;
  /** Rows of all queries. */
  readonly rows: number;
  readonly tokens: Float32Array | Uint16Array;
  /** Where each query begins, in rows; the last entry is where the last one ends. */
  readonly offsets: BigUint64Array;
}

/** Reads a file's queries, the first `most` of them, and checks that they are as long as the documents' vectors. */
export async function readQuerySet(
  { queries, queryLens, vectors }: DatasetFiles,
  most: number | undefined,
): Promise<{ queries: QuerySet; inFile: number }> {
  const all = await readQueries({ queries, lens: queryLens });
  const chosen = all.slice(0, most);
  if (chosen.length === 0) throw new InputError("INVALID_INPUT", `${queries} has no queries`);
  const set = gather(chosen);
  const dim = (await readNpyHeader(vectors)).shape.at(-1);
  if (set.dim !== dim) {
    throw new InputError("INVALID_INPUT", `the queries have dim ${set.dim}, but ${vectors} has ${dim}`);
  }
  return { queries: set, inFile: all.length };
}

/** The queries `from` to `to` by themselves. */
export function sliceQueries({ tokens, offsets, dim }: QuerySet, from: number, to: number): QuerySet {
  const first = offsets[from] as bigint;
  const slice = offsets.slice(from, to + 1).map((offset) => offset - first);
  const rows = Number(slice.at(-1));
  const start = Number(first) * dim;
  return { count: to - from, dim, rows, tokens: tokens.subarray(start, start + rows * dim), offsets: slice };
}

function gather(queries: readonly FileQuery[]): QuerySet {
  const { dim, data } = queries[0] as FileQuery;
  const elements = queries.reduce((sum, query) => sum + query.data.length, 0);
  const tokens = data instanceof Float32Array ? new Float32Array(elements) : new Uint16Array(elements);
  const offsets = [0];
  for (const query of queries) {
    const start = offsets.at(-1) as number;
    tokens.set(query.data, start * dim);
    offsets.push(start + query.data.length / dim);
  }
  return { count: queries.length, dim, rows: elements / dim, tokens, offsets: BigUint64Array.from(offsets, BigInt) };
}
