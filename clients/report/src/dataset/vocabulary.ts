import { readFileSync } from "node:fs";
import { requireFiles } from "./require-files.js";

/** Reads a vocabulary: the text of token id i on line i, from 0. */
export function readVocabulary(path: string): string[] {
  requireFiles(path);
  const lines = readFileSync(path, "utf8").split(/\r?\n/);
  if (lines.at(-1) === "") lines.pop();
  return lines;
}
