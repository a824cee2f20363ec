import type { TokenMatrix } from "@maxsimd/client";
import { Index, toHalf } from "@maxsimd/native";

const DIM = 32;
const DOCUMENTS = 600;
const TYPES = 60;

/** A generator of numbers in [0, 1), the same for the same seed (mulberry32). */
export function createRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t ^= t + Math.imul(t ^ (t >>> 7), 61 | t);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** Builds an index of documents with ids and fields, the same for the same seed. Returns queries for it. */
export async function buildSample(path: string, seed: number): Promise<TokenMatrix[]> {
  const random = createRandom(seed);
  const doclens = Int32Array.from({ length: DOCUMENTS }, () => Math.floor(random() * 40));
  const tokens = doclens.reduce((sum, length) => sum + length, 0);
  const tokenIds = Uint32Array.from({ length: tokens }, () => Math.floor(random() * random() * TYPES));
  const directions = Float32Array.from({ length: TYPES * DIM }, () => random() - 0.5);
  const floats = Float32Array.from({ length: tokens * DIM }, (_, i) => {
    const direction = (tokenIds[Math.floor(i / DIM)] ?? 0) * DIM + (i % DIM);
    return (directions[direction] ?? 0) + (random() - 0.5) / 2;
  });
  const vectors = toHalf(floats);
  const attributes = Array.from(doclens, (length, i) => ({ id: `doc ${i}`, length, title: `title of ${i}` }));
  const options = { dim: DIM, attributes, output: path, exactBelow: 0, totalCentroids: 256, pqSeed: seed };
  (await Index.buildFromArrays(vectors, tokenIds, doclens, options)).close();
  return Array.from({ length: 12 }, (_, i) => ({ data: vectors.subarray(i * 8 * DIM, (i + 1) * 8 * DIM), dim: DIM }));
}
