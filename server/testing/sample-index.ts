/** Small indexes built by the addon itself, and queries for them. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Tachiom, toHalf } from "@maxsimd/native";

export interface SampleShape {
  readonly documents: number;
  readonly dim: number;
  readonly tokensPerDocument: number;
  /** Different seeds give different contents, so different digests and scores. */
  readonly seed: number;
}

/** Built in milliseconds, searched in microseconds. */
export const SMALL: SampleShape = { documents: 60, dim: 16, tokensPerDocument: 8, seed: 1 };

/** A folder that the test removes. */
export async function temporaryFolder(): Promise<{ path: string; remove: () => Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), "maxsimd-server-"));
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}

/** Larger than any sample: each is kept whole and scanned exactly, which needs no clustering. */
const EXACT_BELOW = 1_000_000;

/** Writes an index of made-up unit vectors to a path. */
export async function buildSample(path: string, shape: Partial<SampleShape> = {}): Promise<void> {
  const { documents, dim, tokensPerDocument, seed } = { ...SMALL, ...shape };
  const tokens = documents * tokensPerDocument;
  const vectors = toHalf(unitVectors(tokens, dim, seed));
  const tokenIds = Uint32Array.from({ length: tokens }, (_, i) => i % 7);
  const doclens = new Int32Array(documents).fill(tokensPerDocument);
  const built = await Tachiom.buildFromArrays(vectors, tokenIds, doclens, {
    dim,
    output: path,
    numThreads: 1,
    exactBelow: EXACT_BELOW,
  });
  built.close();
}

/** Row-major vectors of length 1, the same for the same seed. */
export function unitVectors(rows: number, dim: number, seed: number): Float32Array {
  const random = generator(seed);
  const values = new Float32Array(rows * dim);
  for (let row = 0; row < rows; row++) {
    const vector = values.subarray(row * dim, (row + 1) * dim);
    let norm = 0;
    for (const i of vector.keys()) {
      const value = random() - 0.5;
      vector[i] = value;
      norm += value * value;
    }
    for (const i of vector.keys()) {
      vector[i] = (vector[i] as number) / Math.sqrt(norm);
    }
  }
  return values;
}

/** One query's bytes, f32. */
export function queryBytes(rows: number, dim: number, seed: number): Uint8Array {
  return new Uint8Array(unitVectors(rows, dim, seed).buffer);
}

/** A linear congruential generator: numbers in [0, 1). */
function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
