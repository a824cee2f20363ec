import { createReadStream, statSync } from "node:fs";
import { createInterface } from "node:readline";
import { requireFiles } from "@maxsimd/report/dataset";
import { EXIT } from "../exit-code.js";
import { CommandFailure } from "../failure.js";

/** One text of a file, with what is given of it. */
export interface TextRecord {
  readonly text: string;
  readonly id: string | undefined;
  /** The other keys of its JSON object; empty for a file of plain lines. */
  readonly fields: Readonly<Record<string, unknown>>;
}

/** Texts of a file, a chunk at a time. */
export interface TextChunk {
  readonly records: readonly TextRecord[];
  /** Share of the file that has been read, 0 to 1. */
  readonly fraction: number;
}

/** Texts of a chunk: similar lengths are encoded together, so a chunk is several batches of the model. */
const CHUNK_TEXTS = 128;
/** Characters of a chunk, unless one text alone is longer. */
const CHUNK_CHARACTERS = 1 << 20;

const JSON_LINES = /\.(jsonl|ndjson)$/i;

/**
 * Reads a file of texts, one on each line; or of JSON lines (`.jsonl`, `.ndjson`), each an object with `text`, perhaps `id`, and other
 * keys. Only one chunk is in memory at a time.
 *
 * @throws CommandFailure for a line that is not such an object, or has no id although others have
 */
export async function* readTexts(path: string): AsyncGenerator<TextChunk, void, undefined> {
  requireFiles(path);
  const { size } = statSync(path);
  const input = createReadStream(path);
  const lines = createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY });
  const parse = JSON_LINES.test(path) ? jsonParser(path) : plain;
  const fraction = (): number => (size === 0 ? 1 : Math.min(1, input.bytesRead / size));
  let records: TextRecord[] = [];
  let characters = 0;
  let number = 0;
  try {
    for await (const line of lines) {
      number += 1;
      if (records.length === CHUNK_TEXTS || (records.length > 0 && characters + line.length > CHUNK_CHARACTERS)) {
        yield { records, fraction: fraction() };
        records = [];
        characters = 0;
      }
      records.push(parse(line, number));
      characters += line.length;
    }
    if (records.length > 0) yield { records, fraction: 1 };
  } finally {
    lines.close();
    input.destroy();
  }
}

function plain(text: string): TextRecord {
  return { text, id: undefined, fields: {} };
}

/** Parses lines of JSON. The first one says whether texts have ids. */
function jsonParser(path: string): (line: string, number: number) => TextRecord {
  let named: boolean | undefined;
  return (line, number) => {
    const at = `${path}, line ${number}`;
    const { id, text, ...fields } = parseObject(line, at);
    if (typeof text !== "string") throw bad(at, 'an object whose "text" is a text', found(text));
    if (id !== undefined && typeof id !== "string" && !Number.isSafeInteger(id)) {
      throw bad(at, 'an "id" that is a text or a whole number', found(id));
    }
    named ??= id !== undefined;
    if (named !== (id !== undefined)) {
      throw bad(at, `${named ? 'an "id"' : 'no "id"'}, as on the first line`, named ? "no id" : found(id));
    }
    return { text, id: id === undefined ? undefined : String(id), fields };
  };
}

function parseObject(line: string, at: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (cause) {
    const message = `${at}: expected a JSON object, got ${JSON.stringify(line.slice(0, 40))}`;
    // biome-ignore lint/style/useErrorCause: it is passed, behind the exit code and the message
    throw new CommandFailure(EXIT.BAD_DATA, message, { cause });
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw bad(at, "a JSON object", found(value));
}

function found(value: unknown): string {
  return value === undefined ? "nothing" : JSON.stringify(value).slice(0, 40);
}

function bad(at: string, expected: string, got: string): CommandFailure {
  return new CommandFailure(EXIT.BAD_DATA, `${at}: expected ${expected}, got ${got}`);
}
