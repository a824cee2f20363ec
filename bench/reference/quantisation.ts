import { type Thresholds, TIERS, type Tier, tierOf } from "@maxsimd/report";
import type { TokenTypes } from "./token-types.js";
import type { VectorFile } from "./vector-file.js";

/** Mean squared distances of tokens to their centroids, over all tokens and over those of each tier. */
export type Errors = Record<"all" | Tier, number>;

/** Mean squared distance of each token to the centroid that it is assigned to. */
export function quantisationErrors(
  vectors: VectorFile,
  { counts, typeOf }: TokenTypes,
  thresholds: Thresholds,
  centroids: Float32Array,
  assignments: Uint32Array,
): Errors {
  const tiers = Array.from(counts, (count) => TIERS.indexOf(tierOf(count, thresholds)));
  const sums = [0, 0, 0];
  const tokens = [0, 0, 0];
  const { dim } = vectors;
  for (const { first, values } of vectors.blocks()) {
    for (let row = 0; row < values.length / dim; row++) {
      const tier = tiers[typeOf[first + row] as number] as number;
      const place = (assignments[first + row] as number) * dim;
      sums[tier]! += squaredDistance(values, row * dim, centroids, place, dim);
      tokens[tier]!++;
    }
  }
  const [micro, small, active] = sums.map((sum, tier) => sum / (tokens[tier] as number)) as [number, number, number];
  const all = sums.reduce((a, b) => a + b, 0) / vectors.rows;
  return { all, micro, small, active };
}

/**
 * Mean squared distance of the tokens of `documents` to their embeddings in an index.
 *
 * @param offsets first token of each document of the collection, and the number of tokens
 * @param rows embeddings of the tokens of `documents`, [tokens, dim]
 */
export function reconstructionError(
  vectors: VectorFile,
  offsets: readonly number[],
  documents: readonly number[],
  rows: Float32Array,
): number {
  const { dim } = vectors;
  let [sum, place] = [0, 0];
  for (const document of documents) {
    const values = vectors.read(offsets[document] as number, offsets[document + 1] as number);
    for (let at = 0; at < values.length; at += dim) sum += squaredDistance(values, at, rows, place + at, dim);
    place += values.length;
  }
  return sum / (place / dim);
}

/** The mean vector of all tokens. */
export function meanVector(vectors: VectorFile): Float64Array {
  const { dim } = vectors;
  const sum = new Float64Array(dim);
  for (const { values } of vectors.blocks()) {
    for (let at = 0; at < values.length; at++) sum[at % dim]! += values[at] as number;
  }
  return sum.map((value) => value / vectors.rows);
}

function squaredDistance(a: Float32Array, placeA: number, b: Float32Array, placeB: number, dim: number): number {
  let sum = 0;
  for (let d = 0; d < dim; d++) {
    const difference = (a[placeA + d] as number) - (b[placeB + d] as number);
    sum += difference * difference;
  }
  return sum;
}
