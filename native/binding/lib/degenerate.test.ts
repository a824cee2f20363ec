// Corpora at the limits: few tokens, few dimensions, many centroids.

import { describe, expect, test } from "vitest";
import { type Corpus, corpus, corpusFiles, random } from "../testing/corpus.js";
import { exactMaxSim, Index, toHalf } from "./index.js";

/** One document of `tokens` random tokens, and an empty one. */
function tokens(count: number, dim = 16, type: (token: number) => number = (token) => token % 5): Corpus {
  const next = random(count + dim);
  const floats = Float32Array.from({ length: count * dim }, () => 2 * next() - 1);
  const vectors = toHalf(floats);
  const tokenIds = Uint32Array.from({ length: count }, (_, token) => type(token));
  return { dim, vectors, floats, tokenIds, doclens: Int32Array.of(count, 0) };
}

const CASES: [string, Corpus][] = [
  ["0 tokens", tokens(0)],
  ["1 token", tokens(1)],
  ["71 tokens", tokens(71)],
  ["255 tokens", tokens(255)],
  ["256 tokens", tokens(256)],
  ["one token type only", tokens(700, 16, () => 9)],
  ["a type for each token", tokens(300, 16, (token) => token)],
  ["all tokens identical", { ...tokens(600), vectors: new Uint16Array(600 * 16).fill(0x3800) }],
  ["all tokens zero", { ...tokens(600), vectors: new Uint16Array(600 * 16) }],
  ["ids up to 2^32 - 1", tokens(400, 16, (token) => (token % 2 === 0 ? 4294967295 : 0))],
  ...[1, 2, 7, 48, 96, 100, 384, 768].map((dim): [string, Corpus] => [`dim ${dim}`, tokens(300, dim)]),
];

describe.each(CASES)("%s", (_, data) => {
  test.each([
    ["scanned exactly", undefined],
    ["with codes and graph", 0],
  ])("is built and searched, %s", async (_mode, exactBelow) => {
    const options = { dim: data.dim, efConstruction: 50, ...(exactBelow === undefined ? {} : { exactBelow }) };
    const index = await Index.buildFromArrays(data.vectors, data.tokenIds, data.doclens, options);
    expect(index.len).toBe(2);
    expect(index.nTokens).toBe(data.tokenIds.length);
    expect(index.nCentroids > 0).toBe(exactBelow === 0 && data.tokenIds.length > 0);
    const query = new Float32Array(3 * data.dim).fill(0.25);
    const { docIds, scores } = await index.search(query, { k: 2 });
    const found = data.tokenIds.length > 0 ? [0, 4294967295] : [4294967295, 4294967295];
    expect([...docIds]).toEqual(found);
    if (data.tokenIds.length > 0) expect(Number.isFinite(scores[0])).toBe(true);
    expect(index.getDocumentEmbeddings(1)).toHaveLength(0);
    index.close();
  });
});

test.each([8, 16, 32, 48, 64])("%d subspaces of 128 dimensions code a document well", async (pqSubspaces) => {
  const data = corpus({ documents: 60, dim: 128, types: 10 });
  const options = { dim: 128, exactBelow: 0, efConstruction: 50, pqSubspaces };
  const index = await Index.buildFromArrays(data.vectors, data.tokenIds, data.doclens, options);
  expect(index.info.pqSubspaces).toBe(pqSubspaces);
  const query = data.floats.slice(0, 128 * (data.doclens[0] ?? 0) || 128);
  const { docIds } = await index.search(query, { k: 1 });
  expect(docIds[0]).toBe(data.doclens.findIndex((length) => length > 0));
  index.close();
});

test("more centroids than tokens requested: at most one per token", async () => {
  const data = tokens(500);
  const options = { dim: 16, exactBelow: 0, efConstruction: 50, totalCentroids: 100_000 };
  const index = await Index.buildFromArrays(data.vectors, data.tokenIds, data.doclens, options);
  expect(index.nCentroids).toBeGreaterThan(0);
  expect(index.nCentroids).toBeLessThanOrEqual(500);
  index.close();
});

test("a corpus of fewer than 4096 tokens is scanned exactly, a larger one is quantised", async () => {
  for (const [count, exact] of [
    [4095, true],
    [4096, false],
  ] as const) {
    const data = tokens(count, 8);
    const options = { dim: 8, efConstruction: 50 };
    const index = await Index.buildFromArrays(data.vectors, data.tokenIds, data.doclens, options);
    expect(index.nCentroids === 0).toBe(exact);
    index.close();
  }
});

test("an exact scan returns exact MaxSim, bit for bit", async () => {
  const data = corpus({ documents: 100, dim: 24, types: 10 });
  const files = corpusFiles(data);
  const index = await Index.build(files.vectors, files.tokenIds, files.doclens);
  expect(index.nCentroids).toBe(0);
  const queries = data.floats.slice(0, 12 * 24);
  const offsets = BigUint64Array.of(0n, 5n, 12n);
  const exact = await exactMaxSim(files.vectors, files.doclens, queries, offsets, 10);
  const found = await index.batchSearch(queries, 2, { offsets });
  expect(found).toEqual(exact);
  index.close();
  files.remove();
});
