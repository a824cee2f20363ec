import { EXIT } from "../exit-code.js";
import { CommandFailure } from "../failure.js";

const PARQUET = ".parquet";

/**
 * The fields of documents as the engine takes them: the name of a file of JSON lines, or the rows of a Parquet file, each as an object. A
 * column that is null in a row is absent there; times become RFC 3339.
 *
 * @throws CommandFailure for a file that is not Parquet, and for a value that JSON does not hold, with its row and column
 */
export async function readAttributes(path: string | undefined): Promise<string | object[] | undefined> {
  if (!path?.toLowerCase().endsWith(PARQUET)) return path;
  // Loaded for those who need it.
  const { asyncBufferFromFile, parquetReadObjects } = await import("hyparquet");
  const { compressors } = await import("hyparquet-compressors");
  let rows: Record<string, unknown>[];
  try {
    rows = await parquetReadObjects({ file: await asyncBufferFromFile(path), compressors, utf8: false });
  } catch (cause) {
    const message = `${path}: expected a Parquet file, got one that does not read as such: ${(cause as Error).message}`;
    // biome-ignore lint/style/useErrorCause: it is passed, behind the exit code and the message
    throw new CommandFailure(EXIT.BAD_DATA, message, { cause });
  }
  return rows.map((row, number) => {
    const fields = Object.entries(row).map(([column, value]) => {
      const at = `${path}: row ${number}, column ${column}`;
      return [column, toJson(value, at)] as const;
    });
    return Object.fromEntries(fields.filter(([, value]) => value !== undefined));
  });
}

/** A value as JSON has it; undefined for null. */
function toJson(value: unknown, at: string): unknown {
  if (value === null || value === undefined) return undefined;
  if (typeof value === "bigint") {
    if (BigInt(Number(value)) === value && Number.isSafeInteger(Number(value))) return Number(value);
    throw bad(at, "a whole number up to 2^53", String(value));
  }
  if (typeof value === "number" && !Number.isFinite(value)) throw bad(at, "a finite number", String(value));
  if (value instanceof Date) {
    if (Number.isNaN(value.getTime())) throw bad(at, "a time", "one that is not valid");
    return value.toISOString();
  }
  if (value instanceof Uint8Array) throw bad(at, "text, a number, a truth value or a time", `${value.length} bytes`);
  if (Array.isArray(value) || ArrayBuffer.isView(value)) {
    return Array.from(value as Iterable<unknown>, (item) => toJson(item, at) ?? null);
  }
  if (typeof value === "object") {
    return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, toJson(item, at) ?? null]));
  }
  return value;
}

function bad(at: string, expected: string, got: string): CommandFailure {
  return new CommandFailure(EXIT.BAD_DATA, `${at}: expected ${expected}, got ${got}`);
}
