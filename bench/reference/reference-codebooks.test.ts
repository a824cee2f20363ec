import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { toHalf, writeNpy } from "@maxsimd/native";
import { afterEach, beforeEach, expect, test } from "vitest";
import { recoverCodebooks, WORDS } from "./reference-codebooks.js";
import { fromHalf, VectorFile } from "./vector-file.js";

// The promise: words are read from embeddings as they were, whatever norms and centroids lay over them.

const DIM = 64;
const TOKENS = 6000;
const CENTROIDS = 5;

let folder: string;
let state = 9;
/** Uniform in [-1, 1). */
function next(): number {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return state / 2 ** 31 - 1;
}
const numbers = (length: number) => Float32Array.from({ length }, next);

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "maxsimd-codebooks-"));
  state = 9;
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Tokens in documents of two, with embeddings as an index of these words gives them for every second document. */
function embedded(words: Float32Array, used: number) {
  const vectors = Float32Array.from(toHalf(numbers(TOKENS * DIM)), fromHalf);
  const centroids = Float32Array.from(toHalf(numbers(CENTROIDS * DIM)), fromHalf);
  const assignments = Uint32Array.from({ length: TOKENS }, (_, token) => token % CENTROIDS);
  const path = join(folder, "vectors.npy");
  writeNpy(path, toHalf(vectors), [TOKENS, DIM]);
  const documents = Array.from({ length: TOKENS / 4 }, (_, i) => 2 * i);
  const offsets = Array.from({ length: TOKENS / 2 + 1 }, (_, i) => 2 * i);
  const embeddings = new Float32Array((TOKENS / 2) * DIM);
  documents
    .flatMap((document) => [2 * document, 2 * document + 1])
    .forEach((token, row) => {
      const centroid = (token % CENTROIDS) * DIM;
      let square = 0;
      for (let d = 0; d < DIM; d++) square += (vectors[token * DIM + d]! - centroids[centroid + d]!) ** 2;
      const norm = fromHalf(toHalf(Float32Array.of(Math.sqrt(square)))[0]!);
      for (let m = 0; m < 32; m++) {
        const word = Math.floor(((next() + 1) / 2) * used);
        for (let d = 2 * m; d < 2 * m + 2; d++)
          embeddings[row * DIM + d] = centroids[centroid + d]! + norm * words[word * DIM + d]!;
      }
    });
  return { vectors: new VectorFile(path), documents, offsets, embeddings, centroids, assignments };
}

/** Words that lie apart, as trained ones do: by 0.004 at least in one of the two dimensions of a subspace. */
function apart(): Float32Array {
  return numbers(WORDS * DIM).map((value, at) =>
    at % 2 === 1 ? value : (Math.floor(at / DIM) + 0.2 * value) / 128 - 1,
  );
}

/** The words of each subspace, in an order of their own. */
function sorted(rows: Float32Array, words: number): number[][][] {
  return Array.from({ length: 32 }, (_, m) =>
    Array.from({ length: words }, (_, word) => [rows[word * DIM + 2 * m]!, rows[word * DIM + 2 * m + 1]!]).sort(
      ([a], [b]) => a! - b!,
    ),
  );
}

test("every word, to what f32 holds of it", () => {
  const words = apart();
  const given = embedded(words, WORDS);
  const found = sorted(recoverCodebooks(given), WORDS);
  const truth = sorted(words, WORDS);
  const errors = found.flatMap((list, m) =>
    list.flatMap((word, i) => word.map((value, d) => Math.abs(value - truth[m]![i]![d]!))),
  );
  expect(Math.max(...errors)).toBeLessThan(1e-5);
});

test("words that no token has are left out", () => {
  const words = apart();
  const given = embedded(words, 100);
  const rows = recoverCodebooks(given);
  const found = sorted(rows, 100);
  const truth = sorted(words, 100);
  found.forEach((list, m) => {
    expect(list[50]![0]).toBeCloseTo(truth[m]![50]![0]!, 5);
  });
  for (let word = 100; word < WORDS; word++) {
    expect(rows.subarray(word * DIM, (word + 1) * DIM)).toEqual(rows.subarray(0, DIM));
  }
});

test("embeddings of other clusters have too many words", () => {
  const given = embedded(apart(), WORDS);
  const assignments = given.assignments.map((centroid) => (centroid + 1) % CENTROIDS);
  expect(() => recoverCodebooks({ ...given, assignments })).toThrow(/codebook 0 has \d+ words: expected at most 256/);
});
