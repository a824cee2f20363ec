// Every parameter has its effect.

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Corpus, corpus, QUICK, random } from "../testing/corpus.js";
import type { ComparisonOptions } from "./comparison.js";
import { Index, type SearchParams } from "./index.js";

let data: Corpus;
let index: Index;
let queries: Float32Array;

const build = (options: ComparisonOptions = {}) =>
  Index.buildFromArrays(data.vectors, data.tokenIds, data.doclens, { ...QUICK, ...options, dim: data.dim });

beforeAll(async () => {
  data = corpus({ seed: 3, documents: 500, dim: 32, types: 25, longest: 24 });
  index = await build();
  const next = random(8);
  queries = Float32Array.from({ length: 60 * 6 * 32 }, () => 2 * next() - 1);
});

afterAll(() => index.close());

const filled = (docIds: Uint32Array) => docIds.filter((id) => id !== 4294967295).length;
const ask = async (params: SearchParams) => index.batchSearch(queries, 60, { numThreads: 1, ...params });
/** Sum of the scores in filled places. */
const total = (scores: Float32Array) => scores.reduce((sum, score) => sum + (Number.isFinite(score) ? score : 0), 0);

describe("the quality of codes", () => {
  // With more than 64 dimensions both qualities have all their subspaces.
  const wide = corpus({ seed: 5, documents: 60, dim: 70, types: 9, longest: 20 });
  const buildWide = (options: ComparisonOptions) =>
    Index.buildFromArrays(wide.vectors, wide.tokenIds, wide.doclens, {
      ...QUICK,
      pqSubspaces: undefined,
      ...options,
      dim: wide.dim,
    });

  test("is a name for a number of subspaces", async () => {
    for (const [options, subspaces] of [
      [{}, 32],
      [{ quality: "standard" }, 32],
      [{ quality: "high" }, 64],
      [{ pqSubspaces: 16 }, 16],
    ] as const) {
      const built = await buildWide(options);
      expect(built.info.pqSubspaces).toBe(subspaces);
      built.close();
    }
  });

  test("is one of two, and not given together with pqSubspaces", async () => {
    const quality = "best" as unknown as "high";
    for (const [options, message] of [
      [{ quality }, /expected "standard" or "high", got "best"/],
      [{ quality: "high", pqSubspaces: 64 }, /expected quality or pqSubspaces, not both, got both, pqSubspaces 64/],
    ] as const) {
      const refusal = { code: "INVALID_PARAMETER", field: "quality", message: expect.stringMatching(message) };
      await expect(buildWide(options)).rejects.toMatchObject(refusal);
    }
  });
});

describe("of a search", () => {
  test("k is the number of places", async () => {
    expect((await ask({ k: 3 })).docIds).toHaveLength(180);
    expect((await ask({ k: 7 })).docIds).toHaveLength(420);
  });

  test("more kCentroids find better documents", async () => {
    const few = await ask({ kCentroids: 1, efSearch: 60, alpha: null });
    const many = await ask({ kCentroids: 40, efSearch: 60, alpha: null });
    expect(total(many.scores)).toBeGreaterThan(total(few.scores));
  });

  test("kDocsToScore limits the number of scored documents", async () => {
    const few = await ask({ kDocsToScore: 17, alpha: null });
    const many = await ask({ kDocsToScore: 500, alpha: null });
    expect(total(many.scores)).toBeGreaterThan(total(few.scores));
  });

  test("k documents are returned whatever the other parameters", async () => {
    const withTokens = data.doclens.filter((length) => length > 0).length;
    const little = { kCentroids: 1, efSearch: 1, kDocsToScore: 1, alpha: 0, beta: 1 };
    for (const k of [1, 100, withTokens]) {
      expect(filled((await ask({ ...little, k })).docIds)).toBe(k * 60);
    }
    expect(filled((await ask({ ...little, k: 1000 })).docIds)).toBe(withTokens * 60);
  });

  test("a wider efSearch finds centroids that a narrow one misses", async () => {
    const narrow = await ask({ kCentroids: 2, efSearch: 2 });
    const wide = await ask({ kCentroids: 2, efSearch: 400 });
    expect(wide.docIds).not.toEqual(narrow.docIds);
  });

  test("the default efSearch is 1.5 times kCentroids", async () => {
    expect(await ask({ kCentroids: 21 })).toEqual(await ask({ kCentroids: 21, efSearch: 32 }));
  });

  test("a smaller alpha prunes more, null not at all", async () => {
    const kept = async (alpha: number | null) => filled((await ask({ k: 200, alpha, kCentroids: 20 })).docIds);
    // With k places the threshold is the k-th coarse score, so only a large k leaves something to prune.
    const sharp = await index.batchSearch(queries, 60, { k: 1, alpha: 0 });
    const loose = await index.batchSearch(queries, 60, { k: 1, alpha: null });
    expect(total(loose.scores)).toBeGreaterThan(total(sharp.scores));
    expect(await kept(null)).toBeGreaterThanOrEqual(await kept(0.45));
  });

  test("beta stops early, null never", async () => {
    const early = await ask({ k: 3, beta: 1, alpha: null });
    const never = await ask({ k: 3, beta: null, alpha: null });
    expect(filled(early.docIds)).toBe(180);
    expect(total(never.scores)).toBeGreaterThan(total(early.scores));
  });

  test("lambda widens the graph search", async () => {
    const plain = await ask({ kCentroids: 2, efSearch: 2, lambda: null });
    expect(await ask({ kCentroids: 2, efSearch: 2, lambda: 0 })).toEqual(plain);
    const wide = await ask({ kCentroids: 2, efSearch: 2, lambda: 0.9 });
    expect(wide.docIds).not.toEqual(plain.docIds);
  });

  test.each([
    ["k", 0],
    ["k", 1.5],
    ["k", 10_001],
    ["kCentroids", 0],
    ["kDocsToScore", -1],
    ["efSearch", 0],
    ["alpha", -0.5],
    ["alpha", Number.NaN],
    ["beta", 0],
    ["lambda", -1],
  ])("%s = %d is refused by name", async (name, value) => {
    await expect(ask({ [name]: value })).rejects.toMatchObject({
      code: "INVALID_PARAMETER",
      field: name,
      got: String(value),
    });
  });
});

describe("of a build", () => {
  const digest = async (options: ComparisonOptions) => {
    const built = await build(options);
    const { digest, centroids, pqSubspaces, spaceUsage } = built.info;
    const bytes = (component: string) => spaceUsage.find((part) => part.component === component)?.bytes ?? 0;
    built.close();
    return { digest, centroids, pqSubspaces, bytes };
  };

  test("totalCentroids is the number of centroids", async () => {
    expect((await digest({ totalCentroids: 120 })).centroids).toBe(120);
    expect((await digest({ totalCentroids: 140 })).centroids).toBe(140);
  });

  test("hnswM is the number of links per node", async () => {
    const eight = await digest({ hnswM: 8 });
    const sixteen = await digest({ hnswM: 16 });
    expect(sixteen.bytes("graph_base")).toBe(2 * eight.bytes("graph_base"));
  });

  test.each([8, 16, 32])("pqSubspaces = %d is the length of a code", async (pqSubspaces) => {
    const built = await digest({ pqSubspaces });
    expect(built.pqSubspaces).toBe(pqSubspaces);
    expect(built.bytes("codes")).toBe(pqSubspaces * data.tokenIds.length);
  });

  test("exactBelow stores small corpora whole", async () => {
    const whole = await digest({ exactBelow: 1_000_000 });
    expect(whole.centroids).toBe(0);
    expect(whole.bytes("vectors")).toBe(2 * data.vectors.length);
  });

  const others: ComparisonOptions[] = [
    { tacNIter: 1 },
    { tacMicroThreshold: 300 },
    { tacSmallThreshold: 400 },
    { maxSampleSize: 60 },
    { pqSampleSize: 500 },
    { pqNIter: 1 },
    { normalize: false },
    { scaleNorms: false },
    { pqSeed: 7 },
    { efConstruction: 4 },
    { centerDataset: false },
  ];
  test("scanBelow decides whether there is a graph", async () => {
    const parts = (index: Index) => index.spaceUsage().map(({ component }) => component);
    for (const [scanBelow, graph] of [
      [undefined, false],
      [0, true],
      [10, true],
    ] as const) {
      const built = await build({ scanBelow });
      expect(parts(built).includes("graph_base")).toBe(graph);
      // Both find the documents whose tokens are asked for.
      const own = Uint16Array.from(data.vectors.subarray(0, (data.doclens[0] as number) * data.dim));
      expect((await built.search(own)).docIds[0]).toBe(0);
      built.close();
    }
  });

  test.each(others)("%o changes what the segment holds", async (options) => {
    // The index stores its parameters, so its digest differs anyway. The other parts must differ as well.
    const base = await build();
    const built = await build(options);
    const rows = (tachiom: Index) => tachiom.getDocumentEmbeddings(0).length;
    expect(rows(built)).toBe(rows(base));
    const differs =
      [...Array(50).keys()].some((d) => {
        const [a, b] = [base.getDocumentEmbeddings(d), built.getDocumentEmbeddings(d)];
        return a.some((value, i) => value !== b[i]);
      }) ||
      JSON.stringify(await base.batchSearch(queries, 60, { kCentroids: 2, efSearch: 2 })) !==
        JSON.stringify(await built.batchSearch(queries, 60, { kCentroids: 2, efSearch: 2 }));
    expect(differs).toBe(true);
    base.close();
    built.close();
  });

  test.each([
    ["totalCentroids", 0],
    ["tacNIter", 0],
    ["tacMicroThreshold", -3],
    ["pqSampleSize", 0],
    ["pqNIter", 2.5],
    ["pqSubspaces", 0],
    ["pqSubspaces", 257],
    ["pqSeed", -1],
    ["hnswM", 1],
    ["efConstruction", 0],
    ["exactBelow", -1],
    ["numThreads", -1],
    ["maxMemory", 0],
  ])("%s = %d is refused by name", async (name, value) => {
    await expect(build({ [name]: value })).rejects.toMatchObject({ code: "INVALID_PARAMETER", field: name });
  });

  test.each([
    ["totalCentroids", "100", "a number", "string"],
    ["totalCentroids", null, "a number", "null"],
    ["normalize", 1, "true or false", "another type"],
    ["codebooks", 7, "a string", "number"],
  ])("%s = %o of another type is refused by name", async (name, value, expected, got) => {
    const refusal = { name: "MaxsimError", code: "INVALID_PARAMETER", field: name, expected, got };
    await expect(build({ [name]: value } as never)).rejects.toMatchObject(refusal);
    await expect(ask({ alpha: "0.4" as never })).rejects.toMatchObject({
      field: "alpha",
      expected: "a number or null",
    });
  });

  test("inputs are all files or all arrays", async () => {
    const { vectors, tokenIds, doclens, dim } = data;
    const mixed = Index.buildFromArrays(vectors, "token_ids.npy" as never, doclens, { dim });
    await expect(mixed).rejects.toMatchObject({ code: "INVALID_PARAMETER", field: "vectors, tokenIds, doclens" });
    const other = Index.buildFromArrays(7 as never, tokenIds, doclens, { dim });
    await expect(other).rejects.toMatchObject({ field: "vectors", expected: "a string or a Uint16Array" });
  });
});
