/** Input files of a small index, for tests. */

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { toHalf, writeNpy } from "@maxsimd/native";

export interface CorpusFiles {
  vectors: string;
  tokenIds: string;
  doclens: string;
  /** One query for each document: its own first two rows. */
  queries: string;
  queryLens: string;
  documents: string;
}

export const DIM = 16;
const ROWS = 5;

/** Writes `documents` documents of five token vectors each. Query i is from document i, which it finds first. */
export function writeCorpus(folder: string, documents: number): CorpusFiles {
  mkdirSync(folder, { recursive: true });
  const at = (name: string) => join(folder, name);
  const tokens = documents * ROWS;
  const vectors = new Float32Array(tokens * DIM);
  for (let row = 0; row < tokens; row++) vectors.set(unitVector(row), row * DIM);
  const queries = new Float32Array(documents * 2 * DIM);
  for (let i = 0; i < documents; i++) {
    queries.set(vectors.subarray(i * ROWS * DIM, (i * ROWS + 2) * DIM), i * 2 * DIM);
  }
  writeNpy(at("vectors.npy"), toHalf(vectors), [tokens, DIM]);
  writeNpy(
    at("token_ids.npy"),
    Uint32Array.from({ length: tokens }, (_, i) => i % 7),
    [tokens],
  );
  writeNpy(
    at("doclens.npy"),
    Int32Array.from({ length: documents }, () => ROWS),
    [documents],
  );
  writeNpy(at("queries.npy"), queries, [documents * 2, DIM]);
  writeNpy(
    at("query_lens.npy"),
    Int32Array.from({ length: documents }, () => 2),
    [documents],
  );
  const lines = Array.from({ length: documents }, (_, i) =>
    JSON.stringify(i % 2 === 0 ? { id: `d${i}`, title: `document ${i}` } : { id: `d${i}`, text: `text of ${i}` }),
  );
  writeFileSync(at("documents.jsonl"), `${lines.join("\n")}\n`);
  return {
    vectors: at("vectors.npy"),
    tokenIds: at("token_ids.npy"),
    doclens: at("doclens.npy"),
    queries: at("queries.npy"),
    queryLens: at("query_lens.npy"),
    documents: at("documents.jsonl"),
  };
}

/** A vector of length 1 that no other row has. */
function unitVector(row: number): Float32Array {
  const vector = Float32Array.from({ length: DIM }, (_, i) => Math.sin((row + 1) * (i + 1) * 12.9898));
  const norm = Math.hypot(...vector);
  return vector.map((element) => element / norm);
}
