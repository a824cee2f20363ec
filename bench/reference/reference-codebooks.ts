import { toHalf } from "@maxsimd/native";
import { fromHalf, type VectorFile } from "./vector-file.js";

/** Words of a codebook. */
export const WORDS = 256;
/** Codebooks of the reference's index. */
const SUBSPACES = 32;
/** Tokens nearer to their centroid than this say little about words: what f32 loses is divided by it. */
const LEAST_NORM = 0.05;
/** Two readings of a word differ by less, in every dimension: norms are f16, and one in the last place is 0.001 of it. */
const SAME_WORD = 0.003;

/** What an index was built from, and the embeddings that it gives for some of its documents. */
export interface Embedded {
  readonly vectors: VectorFile;
  /** The documents, and the first token of every document of the collection. */
  readonly documents: readonly number[];
  readonly offsets: readonly number[];
  /** Rows of these documents, [rows, dim]. */
  readonly embeddings: Float32Array;
  /** [K, dim], and the centroid of every token of the collection. */
  readonly centroids: Float32Array;
  readonly assignments: Uint32Array;
}

/**
 * The residual codebooks of an index of the reference, [256, dim], read from the embeddings that it gives: each is the centroid
 * and, in each of 32 subspaces, a word times the norm of the token's residual. Words come in no particular order; one that none
 * of these tokens has is left out, and the first stands in its place again.
 */
export function recoverCodebooks(given: Embedded): Float32Array {
  const { dim } = given.vectors;
  const residuals = scaledResiduals(given);
  const rows = new Float32Array(WORDS * dim);
  for (let m = 0; m < SUBSPACES; m++) {
    const first = Math.floor((m * dim) / SUBSPACES);
    const end = Math.floor(((m + 1) * dim) / SUBSPACES);
    const words = distinctWords(residuals, dim, first, end);
    if (words.length > WORDS) throw new Error(`codebook ${m} has ${words.length} words: expected at most ${WORDS}`);
    for (let word = 0; word < WORDS; word++) {
      const readings = words[word] ?? words[0] ?? [];
      for (let d = first; d < end; d++) rows[word * dim + d] = median(readings.map((reading) => reading[d - first]!));
    }
  }
  return rows;
}

/** What the index keeps of each token's residual, divided by the token's norm, largest norms first. */
function scaledResiduals({
  vectors,
  documents,
  offsets,
  embeddings,
  centroids,
  assignments,
}: Embedded): Float32Array[] {
  const { dim } = vectors;
  const found: { norm: number; kept: Float32Array }[] = [];
  const stored = Float32Array.from(toHalf(centroids), fromHalf);
  let row = 0;
  for (const document of documents) {
    const [first, end] = [offsets[document] as number, offsets[document + 1] as number];
    const values = vectors.read(first, end);
    for (let token = first; token < end; token++, row++) {
      const centroid = (assignments[token] as number) * dim;
      let square = 0;
      for (let d = 0; d < dim; d++) square += (values[(token - first) * dim + d]! - stored[centroid + d]!) ** 2;
      const norm = fromHalf(toHalf(Float32Array.of(Math.sqrt(square)))[0] as number);
      if (norm < LEAST_NORM) continue;
      const kept = new Float32Array(dim);
      for (let d = 0; d < dim; d++) kept[d] = (embeddings[row * dim + d]! - stored[centroid + d]!) / norm;
      found.push({ norm, kept });
    }
  }
  return found.sort((a, b) => b.norm - a.norm).map(({ kept }) => kept);
}

/** The readings of each word of the subspace of dimensions `first` to `end`. */
function distinctWords(residuals: readonly Float32Array[], dim: number, first: number, end: number): Float32Array[][] {
  const words: Float32Array[][] = [];
  for (const residual of residuals) {
    const reading = residual.subarray(first, Math.min(end, dim));
    const known = words.find((readings) => isSame(readings[0] as Float32Array, reading));
    if (known === undefined) words.push([reading]);
    // The first have the largest norms, and so err least.
    else if (known.length < 15) known.push(reading);
  }
  return words;
}

function isSame(a: Float32Array, b: Float32Array): boolean {
  for (let d = 0; d < a.length; d++) if (Math.abs(a[d]! - b[d]!) > SAME_WORD) return false;
  return true;
}

function median(values: number[]): number {
  return values.sort((a, b) => a - b)[values.length >> 1] ?? 0;
}
