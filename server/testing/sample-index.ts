/** Small indexes built by the addon itself, and queries for them. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Index, toHalf } from "@maxsimd/native";
import { unitVectors } from "@maxsimd/native/testing";

export interface SampleShape {
  readonly documents: number;
  readonly dim: number;
  readonly tokensPerDocument: number;
  /** Different seeds give different contents, so different digests and scores. */
  readonly seed: number;
  /** Fields of the documents, their ids among them. Default: documents have neither. */
  readonly attributes?: readonly object[];
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
  const { documents, dim, tokensPerDocument, seed, attributes } = { ...SMALL, ...shape };
  const tokens = documents * tokensPerDocument;
  const vectors = toHalf(unitVectors(tokens, dim, seed));
  const tokenIds = Uint32Array.from({ length: tokens }, (_, i) => i % 7);
  const doclens = new Int32Array(documents).fill(tokensPerDocument);
  const built = await Index.buildFromArrays(vectors, tokenIds, doclens, {
    dim,
    attributes,
    output: path,
    numThreads: 1,
    exactBelow: EXACT_BELOW,
  });
  built.close();
}

/** One query's bytes, f32. */
export function queryBytes(rows: number, dim: number, seed: number): Uint8Array {
  return new Uint8Array(unitVectors(rows, dim, seed).buffer);
}
