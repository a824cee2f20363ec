import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeNpy } from "@maxsimd/native";
import { expect, test } from "vitest";
import { fromHalf, VectorFile } from "./vector-file.js";

// The promise: rows come back as the numbers that were written, whatever the blocks.

test("bit patterns of binary16", () => {
  expect([0x3c00, 0xc000, 0x3555, 0x0001, 0x7bff, 0x7c00].map(fromHalf)).toEqual([
    1,
    -2,
    0.333251953125,
    2 ** -24,
    65504,
    Number.POSITIVE_INFINITY,
  ]);
});

test("rows of a file, whole and in blocks", () => {
  const folder = mkdtempSync(join(tmpdir(), "maxsimd-vector-file-"));
  try {
    const path = join(folder, "vectors.npy");
    // 1, 2, 3 | 4, 0.5, -1 | 0, 0, 1
    writeNpy(path, Uint16Array.of(0x3c00, 0x4000, 0x4200, 0x4400, 0x3800, 0xbc00, 0, 0, 0x3c00), [3, 3]);
    const file = new VectorFile(path);
    expect([file.rows, file.dim]).toEqual([3, 3]);
    expect([...file.read(1, 3)]).toEqual([4, 0.5, -1, 0, 0, 1]);
    expect([...file.blocks(2)].map(({ first, values }) => [first, ...values])).toEqual([
      [0, 1, 2, 3, 4, 0.5, -1],
      [2, 0, 0, 1],
    ]);
    writeNpy(path, new Float32Array(4), [2, 2]);
    expect(() => new VectorFile(path)).toThrow("expected a matrix of f16, got f32 [2,2]");
  } finally {
    rmSync(folder, { recursive: true });
  }
});
