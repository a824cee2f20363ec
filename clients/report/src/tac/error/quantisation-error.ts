import type { VectorBlock } from "../vector-blocks.js";

/** The result of clustering some tokens. */
export interface Assigned {
  readonly dim: number;
  /** [centroids, dim] */
  readonly centroids: Float32Array;
  /** Centroid of each token. */
  readonly assignments: Uint32Array;
  /** Vocabulary id of each token. */
  readonly tokenIds: ArrayLike<number>;
}

/** Mean squared distance between a type's tokens and their centroids, by token id. Sums are f64, in the order of rows. */
export async function quantisationErrors(
  blocks: AsyncIterable<VectorBlock>,
  assigned: Assigned,
  onRows: (done: number) => void,
): Promise<Map<number, number>> {
  const sums = new Map<number, { squares: number; count: number }>();
  for await (const { firstRow, rows, values } of blocks) {
    for (let i = 0; i < rows; i++) {
      const tokenId = assigned.tokenIds[firstRow + i] as number;
      const sum = sums.get(tokenId) ?? { squares: 0, count: 0 };
      sums.set(tokenId, sum);
      sum.squares += squaredDistance(values, i, assigned, assigned.assignments[firstRow + i] as number);
      sum.count += 1;
    }
    onRows(firstRow + rows);
  }
  return new Map(Array.from(sums, ([tokenId, { squares, count }]) => [tokenId, squares / count]));
}

function squaredDistance(values: Float32Array, row: number, { dim, centroids }: Assigned, centroid: number): number {
  let squares = 0;
  for (let d = 0; d < dim; d++) {
    const difference = (values[row * dim + d] as number) - (centroids[centroid * dim + d] as number);
    squares += difference * difference;
  }
  return squares;
}
