import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { toHalf, writeNpy } from "@maxsimd/native";
import { afterAll, beforeAll, expect, test } from "vitest";
import { meanVector, quantisationErrors, reconstructionError } from "./quantisation.js";
import { tokenTypes } from "./token-types.js";
import { VectorFile } from "./vector-file.js";

// The promise: errors are means over tokens of squared distances over all dimensions.

let folder: string;
let vectors: VectorFile;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "maxsimd-quantisation-"));
  const path = join(folder, "vectors.npy");
  writeNpy(path, toHalf(Float32Array.of(1, 0, 0, 2, 3, 0, 0, 4)), [4, 2]);
  vectors = new VectorFile(path);
});

afterAll(() => {
  rmSync(folder, { recursive: true });
});

test("the error of each tier, and of all tokens", () => {
  // Type 5: tokens 0 and 1, small; type 6: token 2, micro; type 7: token 3, micro too.
  const types = tokenTypes(Uint32Array.of(5, 5, 6, 7));
  const centroids = Float32Array.of(0, 0, 3, 1, 0, 1);
  const errors = quantisationErrors(vectors, types, { micro: 2, small: 3 }, centroids, Uint32Array.of(0, 0, 1, 2));
  // 1 and 4; 1; 9.
  expect(errors).toEqual({ all: 15 / 4, small: 5 / 2, micro: 10 / 2, active: Number.NaN });
});

test("the error of documents as an index gives them back", () => {
  // Documents of 1, 2 and 1 tokens; of the last two: (0, 2) as (0, 1), (3, 0) as (3, 2), (0, 4) as (2, 4).
  const rows = Float32Array.of(0, 1, 3, 2, 2, 4);
  expect(reconstructionError(vectors, [0, 1, 3, 4], [1, 2], rows)).toBe((1 + 4 + 4) / 3);
});

test("the mean vector", () => {
  expect([...meanVector(vectors)]).toEqual([1, 1.5]);
});
