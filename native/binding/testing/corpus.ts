/** Seeded corpora for tests of all packages, as arrays and as files. Exported as `@maxsimd/native/testing`. */

import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { toHalf, writeNpy } from "@maxsimd/native";

/** A generator of numbers in [0, 1), the same for the same seed (mulberry32). */
export function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t ^= t + Math.imul(t ^ (t >>> 7), 61 | t);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** Row-major vectors of length 1 in random directions, the same for the same seed. */
export function unitVectors(rows: number, dim: number, seed: number): Float32Array {
  const next = random(seed);
  return normalised(
    Float32Array.from({ length: rows * dim }, () => next() - 0.5),
    dim,
  );
}

/** Scales each row to length 1, in place. */
function normalised(values: Float32Array, dim: number): Float32Array {
  for (let start = 0; start < values.length; start += dim) {
    const row = values.subarray(start, start + dim);
    const norm = Math.hypot(...row);
    for (let d = 0; d < dim; d++) row[d] = (row[d] ?? 0) / norm;
  }
  return values;
}

export interface Corpus {
  dim: number;
  /** f16 bit patterns, [tokens, dim]. */
  vectors: Uint16Array;
  /** The vectors as f32, before they were rounded. */
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
  const near = (i: number) => {
    const type = tokenIds[Math.floor(i / dim)] ?? 0;
    return (directions[type * dim + (i % dim)] ?? 0) + 1.2 * (next() - 0.5);
  };
  const floats = normalised(
    Float32Array.from({ length: tokens * dim }, (_, i) => near(i)),
    dim,
  );
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

/** Writes a corpus as `.npy` files into a folder, by default a new temporary one. */
export function corpusFiles(
  { vectors, dim, tokenIds, doclens }: Omit<Corpus, "floats">,
  folder = mkdtempSync(join(tmpdir(), "maxsimd-corpus-")),
): CorpusFiles {
  mkdirSync(folder, { recursive: true });
  const path = (name: string) => join(folder, name);
  writeNpy(path("vectors.npy"), vectors, [tokenIds.length, dim]);
  writeNpy(path("token_ids.npy"), tokenIds, [tokenIds.length]);
  writeNpy(path("doclens.npy"), doclens, [doclens.length]);
  return {
    folder,
    vectors: path("vectors.npy"),
    tokenIds: path("token_ids.npy"),
    doclens: path("doclens.npy"),
    path,
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** Options for a quick build of a small corpus, with codes and graph. */
export const QUICK = {
  exactBelow: 0,
  scanBelow: 0,
  efConstruction: 60,
  hnswM: 8,
  pqNIter: 3,
  tacNIter: 4,
  pqSubspaces: 8,
} as const;
