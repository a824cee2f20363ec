import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { toHalf, writeNpy } from "@maxsimd/native";
import { afterAll, expect, it } from "vitest";
import { vectorBlocks } from "../vector-blocks.js";
import { quantisationErrors } from "./quantisation-error.js";

const folder = mkdtempSync(join(tmpdir(), "maxsimd-error-"));
afterAll(() => rmSync(folder, { recursive: true }));

function write(values: Float32Array, dim: number): string {
  const path = join(folder, `${values.length}.npy`);
  writeNpy(path, toHalf(values), [values.length / dim, dim]);
  return path;
}

it("the error of a type is the mean squared distance of its tokens to their centroids", async () => {
  const path = write(Float32Array.of(0, 0, 3, 4, 1, 1, 2, -0.5), 2);
  const assigned = {
    dim: 2,
    centroids: Float32Array.of(0, 0, 1, 0),
    assignments: Uint32Array.of(0, 0, 1, 1),
    tokenIds: [7, 7, 9, 9],
  };
  const told: number[] = [];
  const errors = await quantisationErrors(vectorBlocks(path, 4, 2), assigned, (done) => told.push(done));
  // Squares 0 and 25; 1 and 1 + 0.25.
  expect(errors).toEqual(
    new Map([
      [7, 12.5],
      [9, 1.125],
    ]),
  );
  expect(told).toEqual([4]);
});

it("reads every row of several blocks, once and in order, with the values of f16", async () => {
  const rows = 4096 + 3;
  // A period that no block has: each block has rows of its own, normal numbers and numbers below 2^-14.
  const values = Float32Array.from(
    { length: 8 * rows },
    (_, i) => (i % 4093) * 2 ** -24 * (i % 2 === 0 ? 1 : -(2 ** 16)),
  );
  const path = write(values, 8);
  const read: number[] = [];
  for await (const block of vectorBlocks(path, rows, 8)) {
    expect(block.firstRow).toBe(read.length / 8);
    read.push(...block.values);
  }
  expect(read.length).toBe(values.length);
  for (const [i, value] of read.entries()) {
    // f16 has 11 bits, and counts in steps of 2^-24 below 2^-14.
    expect(Math.abs(value - (values[i] as number))).toBeLessThanOrEqual(Math.max(2 ** -25, Math.abs(value) * 2 ** -11));
  }
});
