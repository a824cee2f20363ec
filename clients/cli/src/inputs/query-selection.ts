import { readQueries, requireQueryRows, sliceQueries } from "@maxsimd/report/dataset";
import { usageFailure } from "../failure.js";
import type { Range } from "../options/numbers.js";

/** Token vectors of one query of a file. */
export interface FileQuery {
  /** Position of the query in the file. */
  readonly position: number;
  /** Rows, row-major; f16 as bit patterns. */
  readonly data: Float32Array | Uint16Array;
  readonly dim: number;
}

/** The file of queries, and which of them are wanted; default all. */
export interface QueryFlags {
  queries: string;
  lens?: string;
  query?: Range;
  /** Rows of the file that are one query, however the file divides them. */
  rows?: Range;
}

/** Reads the wanted queries of a file. */
export async function readSelection({ queries, lens, query, rows }: QueryFlags): Promise<FileQuery[]> {
  if (rows !== undefined && (query !== undefined || lens !== undefined)) {
    throw usageFailure("--rows selects rows by itself: leave out --query and --lens");
  }
  const all = await readQueries(queries, lens);
  const { dim, tokens, count } = all;
  if (rows !== undefined) {
    checkRange("--rows", rows, all.rows, `${queries} has ${all.rows} rows`);
    requireQueryRows(0, rows.to - rows.from, queries);
    return [{ position: 0, data: tokens.subarray(rows.from * dim, rows.to * dim), dim }];
  }
  const wanted = query ?? { from: 0, to: count };
  const hint = count === 1 ? "1 query; --lens divides its rows into queries" : `${count} queries`;
  checkRange("--query", wanted, count, `${queries} has ${hint}`);
  return Array.from({ length: wanted.to - wanted.from }, (_, i) => {
    const position = wanted.from + i;
    const single = sliceQueries(all, position, position + 1);
    requireQueryRows(position, single.rows, queries);
    return { position, data: single.tokens, dim };
  });
}

function checkRange(option: string, { from, to }: Range, count: number, found: string): void {
  if (to <= count) return;
  const asked = to - from === 1 ? `${from}` : `${from}:${to}`;
  throw usageFailure(`${option} ${asked} is out of range: ${found}`);
}
