/** Input files of a small index, for tests. */

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { toHalf, writeNpy } from "@maxsimd/native";
import { type CorpusFiles as ArrayFiles, corpusFiles, unitVectors } from "@maxsimd/native/testing";

export interface CorpusFiles extends ArrayFiles {
  /** One query for each document: its own first two rows. */
  queries: string;
  queryLens: string;
  documents: string;
}

export const DIM = 16;
const ROWS = 5;

/** Writes `documents` documents of five token vectors each. Query i consists of rows of document i, which it finds first. */
export function writeCorpus(folder: string, documents: number): CorpusFiles {
  const at = (name: string) => join(folder, name);
  const tokens = documents * ROWS;
  const vectors = unitVectors(tokens, DIM, 1);
  const tokenIds = Uint32Array.from({ length: tokens }, (_, i) => i % 7);
  const doclens = new Int32Array(documents).fill(ROWS);
  const files = corpusFiles({ dim: DIM, vectors: toHalf(vectors), tokenIds, doclens }, folder);
  const queries = new Float32Array(documents * 2 * DIM);
  for (let i = 0; i < documents; i++) {
    queries.set(vectors.subarray(i * ROWS * DIM, (i * ROWS + 2) * DIM), i * 2 * DIM);
  }
  writeNpy(at("queries.npy"), queries, [documents * 2, DIM]);
  writeNpy(at("query_lens.npy"), new Int32Array(documents).fill(2), [documents]);
  const lines = Array.from({ length: documents }, (_, i) =>
    JSON.stringify(i % 2 === 0 ? { id: `d${i}`, title: `document ${i}` } : { id: `d${i}`, text: `text of ${i}` }),
  );
  writeFileSync(at("documents.jsonl"), `${lines.join("\n")}\n`);
  return {
    ...files,
    queries: at("queries.npy"),
    queryLens: at("query_lens.npy"),
    documents: at("documents.jsonl"),
  };
}
