import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Corpus, type CorpusFiles, corpus, corpusFiles, QUICK } from "../testing/corpus.js";
import { autoBuildParams, Index, MaxsimError, readNpy, Tac, writeNpy } from "./index.js";

let data: Corpus;
let files: CorpusFiles;

beforeAll(() => {
  data = corpus({ seed: 5, documents: 400, dim: 16, types: 12, longest: 30 });
  files = corpusFiles(data);
});

afterAll(() => files.remove());

const count = (id: number) => data.tokenIds.filter((other) => other === id).length;

describe("Tac", () => {
  test("shares the whole budget, by ascending token id, and assigns every token within its type", async () => {
    const tac = new Tac({ nCentroids: 150 });
    await tac.train(files.vectors, files.tokenIds);
    expect(tac.nCentroids).toBe(150);
    expect(tac.dim).toBe(16);
    expect(tac.centroids).toHaveLength(150 * 16);
    expect(tac.centroidsF16).toHaveLength(150 * 16);
    expect(tac.assignments).toHaveLength(data.tokenIds.length);
    expect(tac.isGlobal).toBe(false);
    let next = 0;
    for (const type of tac.types) {
      expect(type.firstCentroid).toBe(next);
      expect(type.count).toBe(count(type.tokenId));
      next += type.centroids;
    }
    expect(next).toBe(150);
    const ranges = new Map(tac.types.map((t) => [t.tokenId, t]));
    data.tokenIds.forEach((id, token) => {
      const type = ranges.get(id);
      const centroid = tac.assignments[token] ?? -1;
      expect(centroid >= (type?.firstCentroid ?? 0)).toBe(true);
      expect(centroid < (type?.firstCentroid ?? 0) + (type?.centroids ?? 0)).toBe(true);
    });
  });

  test("arrays give the same result as files, and a second training replaces the first", async () => {
    const tac = new Tac({ nCentroids: 100, numThreads: 1 });
    await tac.train(files.vectors, files.tokenIds);
    const fromFiles = tac.centroids;
    await tac.train(data.vectors, data.tokenIds, 16);
    expect(tac.centroids).toEqual(fromFiles);
    const other = corpus({ seed: 9, documents: 100, dim: 8, types: 3, longest: 30 });
    await tac.train(other.vectors, other.tokenIds, 8);
    expect(tac.dim).toBe(8);
    expect(tac.assignments).toHaveLength(other.tokenIds.length);
  });

  test("more rounds and more centroids lower the error", async () => {
    const error = async (options: ConstructorParameters<typeof Tac>[0]) => {
      const tac = new Tac(options);
      await tac.train(data.vectors, data.tokenIds, 16);
      let sum = 0;
      data.floats.forEach((value, i) => {
        const centroid = tac.assignments[Math.floor(i / 16)] ?? 0;
        sum += (value - (tac.centroids[centroid * 16 + (i % 16)] ?? 0)) ** 2;
      });
      return sum;
    };
    expect(await error({ nCentroids: 120, nIter: 10 })).toBeLessThan(await error({ nCentroids: 120, nIter: 1 }));
    expect(await error({ nCentroids: 240 })).toBeLessThan(await error({ nCentroids: 120 }));
    expect(await error({ nCentroids: 120, maxSampleSize: 20 })).toBeGreaterThan(await error({ nCentroids: 120 }));
    expect(await error({ nCentroids: 120, seed: 1 })).not.toBe(await error({ nCentroids: 120, seed: 2 }));
  });

  test("thresholds decide which types get one or two centroids", async () => {
    const tac = new Tac({ nCentroids: 200, microThreshold: 200, smallThreshold: 400 });
    await tac.train(data.vectors, data.tokenIds, 16);
    for (const type of tac.types) {
      if (type.count < 200) expect(type.centroids).toBe(1);
      else if (type.count < 400) expect(type.centroids).toBe(2);
      else expect(type.centroids).toBeGreaterThanOrEqual(4);
    }
  });

  test("verbose prints the stages; otherwise nothing is printed", async () => {
    const written: string[] = [];
    const real = process.stderr.write.bind(process.stderr);
    process.stderr.write = ((text: string) => written.push(String(text)) > 0) as typeof process.stderr.write;
    try {
      await new Tac({ nCentroids: 60 }).train(data.vectors, data.tokenIds, 16);
      expect(written).toEqual([]);
      await new Tac({ nCentroids: 60, verbose: true }).train(data.vectors, data.tokenIds, 16);
      await new Promise((resolve) => setImmediate(resolve));
    } finally {
      process.stderr.write = real;
    }
    expect(written.join("")).toMatch(/tac: cluster \d+ %/);
  });

  test("its saved result builds an index", async () => {
    const tac = new Tac({ nCentroids: 90 });
    await tac.train(files.vectors, files.tokenIds);
    writeNpy(files.path("centroids.npy"), tac.centroids, [tac.nCentroids, tac.dim]);
    writeNpy(files.path("assignments.npy"), tac.assignments, [tac.assignments.length]);
    expect(readNpy(files.path("centroids.npy"))).toEqual({ shape: [90, 16], dtype: "f32", data: tac.centroids });
    const { vectors, tokenIds, doclens } = files;
    const index = await Index.buildFromTac(
      vectors,
      tokenIds,
      doclens,
      files.path("centroids.npy"),
      files.path("assignments.npy"),
      QUICK,
    );
    expect(index.nCentroids).toBe(90);
    index.close();
  });

  test("before training an error says that nothing is trained", () => {
    expect(() => new Tac().centroids).toThrow(MaxsimError);
    expect(() => new Tac().assignments).toThrow(/call train\(\) first/);
  });

  test("a budget below the least leads to one global clustering", async () => {
    const tac = new Tac({ nCentroids: 5 });
    await tac.train(data.vectors, data.tokenIds, 16);
    expect(tac.isGlobal).toBe(true);
    expect(tac.nCentroids).toBe(5);
  });
});

describe("autoBuildParams", () => {
  test("returns what the reference returns for the same ids", () => {
    const counts = [70, 200, 1000, 3000, ...Array(20).fill(10), ...Array(5).fill(40)] as number[];
    const ids = Uint32Array.from(counts.flatMap((n, id) => Array(n).fill(id + 5) as number[]));
    expect(autoBuildParams(ids)).toMatchObject({
      totalCentroids: 51,
      tacMicroThreshold: 32,
      tacSmallThreshold: 64,
      satCap: 139,
      formula: 32,
    });
    expect(autoBuildParams(ids, { totalCentroids: 5000 })).toMatchObject({ totalCentroids: 139, capped: true });
    expect(autoBuildParams(ids, { tacMicroThreshold: 20, tacSmallThreshold: 90 })).toMatchObject({
      tacMicroThreshold: 20,
      tacSmallThreshold: 90,
    });
  });
});
