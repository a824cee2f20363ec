/** Hits as lines of a terminal: id, title, first author, year and score. */

import type { Hit, StoredFields } from "@maxsimd/client";

/** The stored fields that a line shows. */
export const FIELDS = ["title", "author", "year"] as const;

/** Without a terminal, as in a pipe. */
const USUAL_WIDTH = 100;
/** Narrower, a title would have no room. */
const LEAST_WIDTH = 60;
const AUTHOR = 18;

/** A numbered line for each hit, cut to the width of the terminal. */
export function showHits(hits: readonly Hit[], columns = process.stdout.columns ?? USUAL_WIDTH): string {
  const width = Math.max(columns, LEAST_WIDTH);
  return hits
    .map(({ id, score, fields = {} }, rank) => {
      const start = `  ${rank + 1}. ${id.padEnd(4)} `;
      const end = ` ${column(authorOf(fields), AUTHOR)} ${column(textOf(fields, "year"), 4)} ${score.toFixed(3).padStart(7)}`;
      return start + column(textOf(fields, "title") || "(no title)", width - start.length - end.length) + end;
    })
    .join("\n");
}

function textOf(fields: StoredFields, name: string): string {
  const value = fields[name];
  return typeof value === "string" || typeof value === "number" ? String(value) : "";
}

/** The author; of several the first, and how many more there are. */
function authorOf(fields: StoredFields): string {
  const { author } = fields;
  if (!Array.isArray(author)) return textOf(fields, "author");
  const more = ` + ${author.length - 1}`;
  return `${cut(String(author[0]), AUTHOR - more.length)}${more}`;
}

function cut(text: string, width: number): string {
  return text.length > width ? `${text.slice(0, width - 1)}…` : text;
}

function column(text: string, width: number): string {
  return cut(text, width).padEnd(width);
}
