import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Corpus, type CorpusFiles, corpus, corpusFiles, QUICK } from "../testing/corpus.js";
import { MaxsimError, Tachiom, writeNpy } from "./index.js";

const sha = (path: string) => createHash("sha256").update(readFileSync(path)).digest("hex");

let data: Corpus;
let files: CorpusFiles;
let index: Tachiom;

beforeAll(async () => {
  data = corpus({ documents: 300, dim: 24, types: 12 });
  files = corpusFiles(data);
  index = await Tachiom.build(files.vectors, files.tokenIds, files.doclens, {
    ...QUICK,
    output: files.path("a.maxsim"),
  });
});

afterAll(() => {
  index.close();
  files.remove();
});

/** The rows of a document, without noise: the document is its own best answer. */
function rowsOf(document: number): Float32Array {
  let first = 0;
  for (let d = 0; d < document; d++) first += data.doclens[d] ?? 0;
  return data.floats.slice(first * data.dim, (first + (data.doclens[document] ?? 0)) * data.dim);
}

const longDocuments = () => Array.from(data.doclens.keys()).filter((d) => (data.doclens[d] ?? 0) >= 8);

describe("building", () => {
  test("len, dim, nTokens and nCentroids are those of the corpus", () => {
    expect(index.len).toBe(300);
    expect(index.dim).toBe(24);
    expect(index.nTokens).toBe(data.tokenIds.length);
    expect(index.nCentroids).toBe(index.info.centroids);
    expect(index.nCentroids).toBeGreaterThanOrEqual(new Set(data.tokenIds).size);
    expect(String(index)).toBe(`Index(len=300, dim=24, nTokens=${index.nTokens}, nCentroids=${index.nCentroids})`);
  });

  test("arrays and files give the same bytes, on one thread and on two", async () => {
    const fromArrays = await Tachiom.buildFromArrays(data.vectors, data.tokenIds, data.doclens, {
      ...QUICK,
      dim: 24,
      numThreads: 1,
      output: files.path("b.maxsim"),
    });
    const onTwo = await Tachiom.build(files.vectors, files.tokenIds, files.doclens, {
      ...QUICK,
      numThreads: 2,
      output: files.path("c.maxsim"),
    });
    expect(sha(files.path("b.maxsim"))).toBe(sha(files.path("a.maxsim")));
    expect(sha(files.path("c.maxsim"))).toBe(sha(files.path("a.maxsim")));
    expect(onTwo.info.digest).toBe(index.info.digest);
    fromArrays.close();
    onTwo.close();
  });

  test("without an output the file exists as long as the index is open", async () => {
    const temporary = await Tachiom.build(files.vectors, files.tokenIds, files.doclens, QUICK);
    expect(existsSync(temporary.info.path)).toBe(true);
    temporary.close();
    expect(existsSync(temporary.info.path)).toBe(false);
  });

  test("a saved index is loaded with the same bytes and answers", async () => {
    await index.save(files.path("saved.maxsim"));
    expect(sha(files.path("saved.maxsim"))).toBe(sha(files.path("a.maxsim")));
    for (const verify of ["full", "quick"] as const) {
      const loaded = await Tachiom.load(files.path("saved.maxsim"), { verify });
      expect(await loaded.search(rowsOf(5))).toEqual(await index.search(rowsOf(5)));
      await loaded.verify();
      loaded.close();
    }
  });

  test("the sizes of the parts add up to that of the index", () => {
    const total = index.spaceUsage().reduce((sum, part) => sum + part.bytes, 0);
    expect(total).toBe(index.info.bytes);
    expect(total).toBe(readFileSync(files.path("a.maxsim")).length);
    const lines: string[] = [];
    index.printSpaceUsage((line) => lines.push(line));
    expect(lines).toHaveLength(index.spaceUsage().length + 1);
    expect(lines.join("\n")).toMatch(/codes +0\.\d+ GB +\d+\.\d %/);
  });

  test("reconstructed documents are close to the original ones", () => {
    let error = 0;
    let power = 0;
    for (const document of longDocuments()) {
      const original = rowsOf(document);
      const approximate = index.getDocumentEmbeddings(document);
      expect(approximate).toHaveLength(original.length);
      original.forEach((value, i) => {
        error += (value - (approximate[i] ?? 0)) ** 2;
        power += value ** 2;
      });
    }
    expect(error / power).toBeLessThan(0.02);
    expect(() => index.getDocumentEmbeddings(300)).toThrow(/docId: expected below 300, got 300/);
  });

  test("token types are those of the corpus", () => {
    const types = index.tokenTypes();
    expect(types.map((type) => type.tokenId)).toEqual([...new Set(data.tokenIds)].sort((a, b) => a - b));
    expect(types.reduce((sum, type) => sum + type.count, 0)).toBe(index.nTokens);
    expect(types.reduce((sum, type) => sum + type.centroids, 0)).toBe(index.nCentroids);
  });

  test("a corpus without token ids is built over learned kinds", async () => {
    const untyped = await Tachiom.buildFromArrays(data.vectors, null, data.doclens, { ...QUICK, dim: 24 });
    expect(untyped.info.buildParams).toMatchObject({ built: expect.stringMatching(/learned kinds|global/) });
    const document = longDocuments()[3] ?? 0;
    expect((await untyped.search(rowsOf(document))).docIds[0]).toBe(document);
    untyped.close();
  });

  test("earlier clusters are used, without duplicate centroids and without centroids that have no token", async () => {
    // A token goes to one of three. The third equals the first, and the fourth has no token.
    const centroids = [0.1, -0.1, 0.1, 0.5].flatMap((value) => Array<number>(24).fill(value));
    writeNpy(files.path("centroids.npy"), Float32Array.from(centroids), [4, 24]);
    writeNpy(
      files.path("assignments.npy"),
      data.tokenIds.map((_, i) => i % 3),
      [data.tokenIds.length],
    );
    const built = await Tachiom.buildFromTac(
      files.vectors,
      files.tokenIds,
      files.doclens,
      files.path("centroids.npy"),
      files.path("assignments.npy"),
      QUICK,
    );
    expect(built.nCentroids).toBe(2);
    expect(built.info.buildParams).toMatchObject({ built: "given clusters", parameters: { centerDataset: false } });
    built.close();
  });
});

describe("searching", () => {
  test("a document finds itself, and its score is its own MaxSim", async () => {
    for (const document of longDocuments().slice(0, 20)) {
      const query = rowsOf(document);
      const { docIds, scores } = await index.search(query, { k: 5 });
      expect(docIds[0]).toBe(document);
      let exact = 0;
      for (let i = 0; i < query.length; i += 24) {
        let best = Number.NEGATIVE_INFINITY;
        for (let j = 0; j < query.length; j += 24) {
          let dot = 0;
          for (let d = 0; d < 24; d++) dot += (query[i + d] ?? 0) * (query[j + d] ?? 0);
          best = Math.max(best, dot);
        }
        exact += best;
      }
      // On the scale of the original vectors, although the index subtracted the mean.
      expect(Math.abs((scores[0] ?? 0) - exact) / exact).toBeLessThan(0.05);
    }
  });

  test("f16 and f32 queries with the same values get the same answer", async () => {
    const { toHalf } = await import("./index.js");
    const half = toHalf(rowsOf(longDocuments()[0] ?? 0));
    const exact = Float32Array.from(half, fromHalf);
    expect(await index.search(half)).toEqual(await index.search(exact));
  });

  test("unfilled places hold −∞ and 4294967295", async () => {
    const { docIds, scores } = await index.search(rowsOf(longDocuments()[0] ?? 0), { k: 1000, alpha: null });
    expect(docIds).toHaveLength(1000);
    expect(docIds[999]).toBe(4294967295);
    expect(scores[999]).toBe(Number.NEGATIVE_INFINITY);
    expect(scores[0]).toBeGreaterThan(0);
  });

  test("each query gets its own answer in uniform and ragged batches, on any number of threads", async () => {
    const chosen = longDocuments().slice(0, 9);
    const queries = chosen.map((document) => rowsOf(document).slice(0, 8 * 24));
    const flat = new Float32Array(9 * 8 * 24);
    for (const [i, query] of queries.entries()) flat.set(query, i * 8 * 24);
    const offsets = BigUint64Array.from({ length: 10 }, (_, i) => BigInt(i * 8));
    const uniform = await index.batchSearch(flat, 9, { numThreads: 1 });
    for (const numThreads of [0, 1, 2, 3]) {
      expect(await index.batchSearch(flat, 9, { numThreads })).toEqual(uniform);
      expect(await index.batchSearch(flat, 9, { numThreads, offsets })).toEqual(uniform);
    }
    for (const [i, query] of queries.entries()) {
      const { docIds, scores } = await index.search(query);
      expect(uniform.docIds.slice(i * 10, i * 10 + 10)).toEqual(docIds);
      expect(uniform.scores.slice(i * 10, i * 10 + 10)).toEqual(scores);
    }
    // Ragged: the first query has one row, the second has all other rows.
    const ragged = await index.batchSearch(flat, 2, { offsets: BigUint64Array.of(0n, 1n, 72n) });
    expect(ragged.docIds.slice(0, 10)).toEqual((await index.search(flat.slice(0, 24))).docIds);
    expect(ragged.docIds.slice(10)).toEqual((await index.search(flat.slice(24))).docIds);
  });

  test("the mean per query token is the score divided by the number of query tokens", async () => {
    const query = rowsOf(longDocuments()[1] ?? 0).slice(0, 8 * 24);
    const { scores, meanScores } = await index.searchWithMeans(query);
    scores.forEach((score, i) => {
      expect(meanScores[i]).toBeCloseTo(score / 8, 5);
    });
  });

  test("a closed index rejects searches as CLOSED", async () => {
    const other = await Tachiom.load(files.path("a.maxsim"));
    other.close();
    other.close();
    await expect(other.search(rowsOf(5))).rejects.toMatchObject({ name: "MaxsimError", code: "CLOSED" });
    await expect(other.search(rowsOf(5))).rejects.toBeInstanceOf(MaxsimError);
  });
});

function fromHalf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
