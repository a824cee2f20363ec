/** A catalog with one index, for tests of the commands that change it. */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Ran, runCommand } from "./recorded-session.js";
import { type CorpusFiles, writeCorpus } from "./small-corpus.js";

export interface SmallCatalog {
  /** The catalog's own folder; the index `papers` is in it. */
  catalog: string;
  /** The files that were built: 30 documents, whose ids are 0 to 29. */
  corpus: CorpusFiles;
  /** Runs a command on the index `papers`. */
  run(command: string, ...args: string[]): Promise<Ran>;
  /** Runs `add` for documents with these ids, five tokens each. */
  add(...ids: string[]): Promise<Ran>;
  /** Writes a file of lines; returns its path. */
  file(name: string, ...lines: string[]): string;
  remove(): void;
}

/** Builds version `v1` of the index `papers`. */
export async function buildCatalog(): Promise<SmallCatalog> {
  const folder = mkdtempSync(join(tmpdir(), "maxsimd-catalog-"));
  const catalog = join(folder, "catalog");
  const corpus = writeCorpus(join(folder, "in"), 30);
  const run = (command: string, ...args: string[]) =>
    runCommand([command, ...args, "--catalog", catalog, "--index", "papers"]);
  await run("build", corpus.vectors, corpus.tokenIds, corpus.doclens, "--version", "v1", "--exact-below", "0");
  const file = (name: string, ...lines: string[]) => {
    const path = join(folder, name);
    writeFileSync(path, lines.map((line) => `${line}\n`).join(""));
    return path;
  };
  return {
    catalog,
    corpus,
    run,
    add(...ids) {
      const { vectors, tokenIds, doclens } = writeCorpus(join(folder, "more"), ids.length);
      return run("add", vectors, tokenIds, doclens, "--ids", file("ids.txt", ...ids), "--json");
    },
    file,
    remove: () => rmSync(folder, { recursive: true }),
  };
}
