import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./root.js";

/** The fenced blocks of one language in a document of the tree, in order. */
export function readBlocks(document: string, language: string): string[] {
  const text = readFileSync(join(root, document), "utf8");
  return [...text.matchAll(/^```(\w*)\n(.*?)^```$/gms)]
    .filter((match) => match[1] === language)
    .map((match) => match[2] ?? "");
}
