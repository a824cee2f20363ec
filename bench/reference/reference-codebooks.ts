import { toHalf } from "@maxsimd/native";
import { median } from "simple-statistics";
import { fromHalf, fromHalves, type VectorFile } from "./vector-file.js";

/** Codewords of a codebook. */
export const WORDS = 256;
/** Codebooks of the reference's index, one for each subspace. */
const SUBSPACES = 32;
/** Tokens closer to their centroid than this are skipped: the rounding error of f32 is divided by the norm. */
const LEAST_NORM = 0.05;
/** Two readings of one codeword differ by less than this in every dimension: norms are f16, whose last bit is 0.001 of the value. */
const SAME_WORD = 0.003;

/** The input of an index, and the embeddings that it returns for some of its documents. */
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
 * Recovers the residual codebooks of an index of the reference, [256, dim], from the embeddings that it returns.
 *
 * An embedding is the token's centroid plus, in each of 32 subspaces, a codeword times the norm of the token's residual. So:
 *
 * 1. Subtract the centroid from each embedding, and divide by the norm.
 * 2. In each subspace, group the results that are equal up to rounding: each group is a codeword.
 * 3. The codeword is the median of its group, in each dimension.
 *
 * Codewords are in no particular order. Places for codewords that no token uses repeat the first one.
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

/** The residual of each token as the index stores it, divided by its norm; largest norms first. */
function scaledResiduals(given: Embedded): Float32Array[] {
  const { vectors, documents, offsets, embeddings, centroids, assignments } = given;
  const { dim } = vectors;
  const found: { norm: number; kept: Float32Array }[] = [];
  const stored = fromHalves(toHalf(centroids));
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

/** The readings of each codeword in the subspace of dimensions `first` to `end`. */
function distinctWords(residuals: readonly Float32Array[], dim: number, first: number, end: number): Float32Array[][] {
  const words: Float32Array[][] = [];
  for (const residual of residuals) {
    const reading = residual.subarray(first, Math.min(end, dim));
    const known = words.find((readings) => isSame(readings[0] as Float32Array, reading));
    if (known === undefined) words.push([reading]);
    // The first have the largest norms, and so the smallest errors.
    else if (known.length < 15) known.push(reading);
  }
  return words;
}

function isSame(a: Float32Array, b: Float32Array): boolean {
  return a.every((value, d) => Math.abs(value - b[d]!) <= SAME_WORD);
}
