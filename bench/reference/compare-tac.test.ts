import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { toHalf, writeNpy } from "@maxsimd/native";
import { expect, test } from "vitest";
import { compareShares, spreads } from "./compare-tac.js";
import { tokenTypes } from "./token-types.js";
import { VectorFile } from "./vector-file.js";

// The promise: a type's spread is the mean squared distance to its own mean, and differences are counted by their cause.

test("spread of each type", () => {
  const folder = mkdtempSync(join(tmpdir(), "maxsimd-spreads-"));
  try {
    const path = join(folder, "vectors.npy");
    writeNpy(path, toHalf(Float32Array.of(0, 0, 5, 5, 4, 2)), [3, 2]);
    const file = new VectorFile(path);
    // Type 1: (0, 0) and (4, 2), mean (2, 1), distance 5 each; type 9: one token.
    expect([...spreads(file, tokenTypes(Uint32Array.of(1, 9, 1)))]).toEqual([5, 0]);
    file.close();
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("types that differ, ties among them, and pairs of active types", () => {
  // 200 tokens of types 1 and 2 each, 1 of type 3: 11 centroids are 1 for type 3, and 5 for each active type of 10.
  const types = tokenTypes(Uint32Array.from({ length: 401 }, (_, i) => Math.floor(i / 200) + 1));
  const compared = (budget: number, ours: number[], reference: number[]) => {
    const thresholds = { micro: 32, small: 64 };
    const spread = Float64Array.of(1, 1, 0);
    return compareShares(types, spread, thresholds, budget, Uint32Array.from(ours), Uint32Array.from(reference));
  };
  expect(compared(11, [5, 5, 1], [5, 5, 1])).toMatchObject({
    ...{ types: 3, activeTypes: 2, differing: 0, differingTies: 0, pairs: [{ ours: 5, reference: 5, types: 2 }] },
  });
  // 9 for two alike: one of them gets 5, and which is a tie.
  expect(compared(10, [5, 4, 1], [4, 5, 1])).toMatchObject({ differing: 2, differingTies: 2 });
  expect(compared(11, [6, 4, 1], [5, 5, 1])).toMatchObject({ differing: 2, differingTies: 0 });
});
