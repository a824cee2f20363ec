import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import { parseJson } from "./parse-json.js";
import { requireFiles } from "./require-files.js";

/** Id and title of a document or a query. */
export interface DocumentText {
  /** The collection's own id. */
  readonly id?: string;
  readonly title?: string;
}

/**
 * Reads ids and titles from a file of JSON lines. Line i, from 0, describes document i as `{"id", "title", "text"}`. The text
 * of a document is used if it has no title.
 *
 * @param wanted positions of the documents to read; default all. Lines after the last of them are not read.
 * @throws InputError INVALID_INPUT with the line that is not JSON
 */
export async function readDocuments(path: string, wanted?: ReadonlySet<number>): Promise<Map<number, DocumentText>> {
  requireFiles(path);
  const found = new Map<number, DocumentText>();
  const last = wanted === undefined ? Number.POSITIVE_INFINITY : Math.max(-1, ...wanted);
  const input = createReadStream(path, "utf8");
  const lines = createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY });
  let position = 0;
  try {
    for await (const line of lines) {
      if (position > last) break;
      if (wanted?.has(position) ?? true) found.set(position, parse(line, position, path));
      position += 1;
    }
  } finally {
    lines.close();
    input.destroy();
  }
  return found;
}

function parse(line: string, position: number, path: string): DocumentText {
  const { id, title, text } = parseJson(line, `line ${position + 1} of ${path}`);
  const shown = title === undefined || title === "" ? text : title;
  return {
    ...(typeof id === "string" || typeof id === "number" ? { id: String(id) } : {}),
    ...(typeof shown === "string" ? { title: shown } : {}),
  };
}
