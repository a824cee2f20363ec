import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./root.js";

/** The fenced blocks of one language in a document of the tree, in order. */
export function readBlocks(document: string, language: string): string[] {
  const text = readFileSync(join(root, document), "utf8");
  return [...text.matchAll(/^```(\w*)\n(.*?)^```$/gms)]
    .filter((match) => match[1] === language)
    .map((match) => match[2] ?? "");
}

/** The documents of the tree that have a block of a language, sorted. */
export function documentsWith(language: string): string[] {
  const files = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard", "*.md"], { cwd: root });
  const documents = files.toString().trim().split("\n").sort();
  return documents.filter((path) => existsSync(join(root, path)) && readBlocks(path, language).length > 0);
}
