// Seeded corpora for the tests of this package, as files and arrays.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { toHalf, writeNpy } from "../lib/index.js";

/** Uniform in [0, 1), from a seed (mulberry32). */
export function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t ^= t + Math.imul(t ^ (t >>> 7), 61 | t);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

export interface Corpus {
  dim: number;
  vectors: Uint16Array;
  /** The same as f32. */
  floats: Float32Array;
  tokenIds: Uint32Array;
  doclens: Int32Array;
}

/** Documents of 0 to `longest` tokens of length 1, each near the direction of its type. */
export function corpus(options: {
  seed?: number;
  documents: number;
  dim: number;
  types: number;
  longest?: number;
}): Corpus {
  const { documents, dim, types, longest = 20 } = options;
  const next = random(options.seed ?? 1);
  const directions = Float32Array.from({ length: types * dim }, () => 2 * next() - 1);
  const doclens = Int32Array.from({ length: documents }, () => Math.floor(next() * (longest + 1)));
  const tokens = doclens.reduce((sum, length) => sum + length, 0);
  const tokenIds = Uint32Array.from({ length: tokens }, () => Math.floor(next() * next() * types));
  const floats = new Float32Array(tokens * dim);
  for (let token = 0; token < tokens; token++) {
    const type = tokenIds[token] ?? 0;
    const row = floats.subarray(token * dim, (token + 1) * dim);
    for (let d = 0; d < dim; d++) row[d] = (directions[type * dim + d] ?? 0) + 1.2 * (next() - 0.5);
    const norm = Math.hypot(...row);
    for (let d = 0; d < dim; d++) row[d] = (row[d] ?? 0) / norm;
  }
  return { dim, vectors: toHalf(floats), floats, tokenIds: tokenIds.map((id) => id * 3 + 7), doclens };
}

export interface CorpusFiles {
  folder: string;
  vectors: string;
  tokenIds: string;
  doclens: string;
  /** A path in the folder. */
  path(name: string): string;
  remove(): void;
}

/** Writes a corpus as `.npy` files into a folder of its own. */
export function corpusFiles(data: Corpus): CorpusFiles {
  const folder = mkdtempSync(join(tmpdir(), "maxsimd-native-"));
  const path = (name: string) => join(folder, name);
  const tokens = data.tokenIds.length;
  writeNpy(path("vectors.npy"), data.vectors, [tokens, data.dim]);
  writeNpy(path("token_ids.npy"), data.tokenIds, [tokens]);
  writeNpy(path("doclens.npy"), data.doclens, [data.doclens.length]);
  return {
    folder,
    vectors: path("vectors.npy"),
    tokenIds: path("token_ids.npy"),
    doclens: path("doclens.npy"),
    path,
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** Options that build a small corpus fast, with codes and graph. */
export const QUICK = { exactBelow: 0, efConstruction: 60, hnswM: 8, pqNIter: 3, tacNIter: 4, pqSubspaces: 8 } as const;
