import { InputError } from "./input-error.js";
import { requireFiles } from "./require-files.js";

/** Token vectors of one query of a file. */
export interface FileQuery {
  /** Position of the query in the file. */
  readonly position: number;
  /** Rows, row-major; binary16 as bit patterns. */
  readonly data: Float32Array | Uint16Array;
  readonly dim: number;
}

/** A half-open range of positions. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

/** How a file's rows are divided into queries, and which of them are wanted. */
export interface QuerySelection {
  /** .npy of token vectors, f16, f32 or f64: [rows, dim], or [queries, rows, dim]. */
  readonly queries: string;
  /** .npy with the rows of each query. Without it a matrix is one query. */
  readonly lens?: string | undefined;
  readonly query?: Range | undefined;
  /** These rows of a matrix, whatever query they are of, are the one query. */
  readonly rows?: Range | undefined;
}

/** A matrix of token vectors and where each query begins in it; the last entry is where the last query ends. */
interface QueryFile {
  data: Float32Array | Uint16Array;
  dim: number;
  starts: number[];
}

/** Reads the wanted queries of a file; without a selection, all. */
export async function readQueries(selection: QuerySelection): Promise<FileQuery[]> {
  requireFiles(selection.queries, selection.lens);
  if (selection.rows !== undefined && (selection.query !== undefined || selection.lens !== undefined)) {
    throw new InputError("INVALID_PARAMETER", "--rows names rows by itself: leave out --query and --lens");
  }
  const { data, dim, starts } = await readQueryFile(selection);
  if (selection.rows !== undefined) {
    const rows = starts.at(-1) as number;
    checkRange("--rows", selection.rows, rows, selection.queries);
    return [{ position: 0, data: data.subarray(selection.rows.from * dim, selection.rows.to * dim), dim }];
  }
  const count = starts.length - 1;
  const wanted = selection.query ?? { from: 0, to: count };
  checkRange("--query", wanted, count, selection.queries);
  return Array.from({ length: wanted.to - wanted.from }, (_, i) => {
    const position = wanted.from + i;
    const [from = 0, to = 0] = starts.slice(position, position + 2);
    return { position, data: data.subarray(from * dim, to * dim), dim };
  });
}

async function readQueryFile({ queries, lens }: QuerySelection): Promise<QueryFile> {
  const { readNpy } = await import("@maxsimd/native");
  const { shape, dtype, data: stored } = readNpy(queries);
  // numpy makes f64 where nobody chose.
  const data = stored instanceof Float64Array ? Float32Array.from(stored) : stored;
  if (!(data instanceof Float32Array || data instanceof Uint16Array)) {
    throw new InputError("INVALID_INPUT", `${queries} holds ${dtype}: expected token vectors, f16, f32 or f64`);
  }
  const dim = shape.at(-1) ?? 0;
  if (shape.length === 3 && lens === undefined) {
    const [count = 0, rows = 0] = shape;
    return { data, dim, starts: Array.from({ length: count + 1 }, (_, i) => i * rows) };
  }
  if (shape.length !== 2) {
    const expected = lens === undefined ? "[rows, dim] or [queries, rows, dim]" : "[rows, dim] beside --lens";
    throw new InputError("INVALID_INPUT", `${queries} has the shape [${shape.join(", ")}]: expected ${expected}`);
  }
  const rows = shape[0] as number;
  if (lens === undefined) return { data, dim, starts: [0, rows] };
  const starts = [0];
  for (const length of readNpy(lens).data) starts.push((starts.at(-1) as number) + Number(length));
  if (starts.at(-1) !== rows) {
    const message = `${lens} adds up to ${starts.at(-1)} rows, but ${queries} has ${rows}`;
    throw new InputError("INVALID_INPUT", message);
  }
  return { data, dim, starts };
}

function checkRange(option: string, wanted: Range, count: number, file: string): void {
  if (wanted.to <= count) return;
  const what = `${option.slice(2)}${count === 1 || option === "--rows" ? "" : "s"}`.replace("querys", "queries");
  const hint = option === "--query" && count === 1 ? "; --lens divides its rows into queries" : "";
  const asked = wanted.to - wanted.from === 1 ? `${wanted.from}` : `${wanted.from}:${wanted.to}`;
  throw new InputError("INVALID_PARAMETER", `${option} ${asked} is out of range: ${file} has ${count} ${what}${hint}`);
}
