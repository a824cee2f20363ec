/** Reads a report's page for tests: its content, and everything that it would load. */

import { readFileSync } from "node:fs";

export interface ReadPage {
  readonly text: string;
  /** Ids of the sections in order, and the targets of the table of contents. */
  readonly sections: readonly string[];
  readonly contents: readonly string[];
  /** Descriptions of the figures. */
  readonly figures: readonly string[];
  /** The JSON that the page carries. */
  readonly numbers: unknown;
  /** Everything that would load something from outside the page. */
  readonly reaches: readonly string[];
  /** Rows of the tables in a section, each cell as plain text. */
  rows(section: string): string[][];
  /** Plain text of a section. */
  words(section: string): string;
}

export function readPage(path: string): ReadPage {
  const text = readFileSync(path, "utf8");
  const part = (id: string) => new RegExp(`<section id="${id}">(.*?)</section>`, "s").exec(text)?.[1] ?? "";
  return {
    text,
    sections: all(text, /<section id="([^"]*)">/g),
    contents: all(text, /<li><a href="#([^"]*)">/g),
    figures: all(text, /<figure><svg role="img" aria-label="([^"]*)" viewBox="[\d. ]+">.*?<\/svg>/gs),
    numbers: JSON.parse(/<script type="application\/json" id="numbers">(.*?)<\/script>/s.exec(text)?.[1] ?? "null"),
    reaches: [
      ...(text.match(/https?:/g) ?? []),
      ...(text.match(/\b(?:src|href|xlink:href)\s*=\s*["']?(?!["']?#)[^\s>]*/g) ?? []),
      ...(text.match(/@import|url\(|<link\b|<iframe\b|<object\b|<script(?! type="application\/json")/g) ?? []),
    ],
    rows: (id) =>
      all(part(id), /<tr[^>]*>(.*?)<\/tr>/gs)
        .map((row) => all(row, /<td[^>]*>(.*?)<\/td>/gs).map(plain))
        .filter((cells) => cells.length > 0),
    words: (id) => plain(part(id)),
  };
}

/** "1,234", "12.3 %" or "−0.5" as a number. */
export function toNumber(text: string | undefined): number {
  return Number(
    (text ?? "nothing")
      .replaceAll(",", "")
      .replace("−", "-")
      .replace(/[^\d.]*$/, ""),
  );
}

function all(text: string, pattern: RegExp): string[] {
  return Array.from(text.matchAll(pattern), (match) => match[1] as string);
}

function plain(markup: string): string {
  const entities: Record<string, string> = { amp: "&", lt: "<", gt: ">", quot: '"', "#39": "'" };
  return markup
    .replace(/<[^>]*>/g, "")
    .replace(/&(amp|lt|gt|quot|#39);/g, (_, name: string) => entities[name] as string)
    .replace(/\s+/g, " ")
    .trim();
}
