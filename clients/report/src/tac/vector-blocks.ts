import { open } from "node:fs/promises";
import { readNpyHeader } from "../dataset/npy-header.js";

/** Rows of a block: 1 MiB of f16 at dim 128. */
const BLOCK_ROWS = 4096;

/** Consecutive rows of a matrix of token vectors. */
export interface VectorBlock {
  /** Position of the first row in the file. */
  readonly firstRow: number;
  readonly rows: number;
  /** [rows, dim]. The next block overwrites them. */
  readonly values: Float32Array;
}

/**
 * Reads an f16 `.npy` matrix block by block, so that a corpus that does not fit into memory can be measured.
 *
 * @param path a file that the engine has already read and checked
 */
export async function* vectorBlocks(path: string, rows: number, dim: number): AsyncGenerator<VectorBlock> {
  const values = new Float32Array(BLOCK_ROWS * dim);
  const halves = new Uint16Array(BLOCK_ROWS * dim);
  let { dataOffset: position } = await readNpyHeader(path);
  const file = await open(path, "r");
  try {
    for (let firstRow = 0; firstRow < rows; firstRow += BLOCK_ROWS) {
      const inBlock = Math.min(BLOCK_ROWS, rows - firstRow);
      const bytes = new Uint8Array(halves.buffer, 0, 2 * inBlock * dim);
      const { bytesRead } = await file.read(bytes, 0, bytes.length, position);
      if (bytesRead !== bytes.length) throw new Error(`${path} ended after ${firstRow} of ${rows} rows`);
      position += bytesRead;
      for (let i = 0; i < inBlock * dim; i++) values[i] = HALF_VALUES[halves[i] as number] as number;
      yield { firstRow, rows: inBlock, values: values.subarray(0, inBlock * dim) };
    }
  } finally {
    await file.close();
  }
}

/** The value of each f16 bit pattern. */
const HALF_VALUES = Float32Array.from({ length: 0x10000 }, (_, bits) => {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = (bits & 0x3ff) / 0x400;
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return exponent === 0 ? sign * fraction * 2 ** -14 : sign * (1 + fraction) * 2 ** (exponent - 15);
});
