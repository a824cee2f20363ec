// An index can be coded with the residual codebooks of another.

import { existsSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Corpus, type CorpusFiles, corpus, corpusFiles, QUICK } from "../testing/corpus.js";
import { type BuildOptions, Index, MaxsimError, writeNpy } from "./index.js";

let data: Corpus;
let files: CorpusFiles;
let words: string;

const build = (options: BuildOptions = {}, from: Corpus = data) =>
  Index.buildFromArrays(from.vectors, from.tokenIds, from.doclens, { ...QUICK, ...options, dim: from.dim });
const embeddings = (index: Index) => Array.from({ length: index.len }, (_, d) => index.getDocumentEmbeddings(d));

// 10 dimensions for 4 codebooks: two are wider than the others.
beforeEach(() => {
  data = corpus({ seed: 11, documents: 200, dim: 10, types: 12 });
  files = corpusFiles(data);
  words = files.path("words.npy");
});
afterEach(() => files.remove());

describe("given codebooks", () => {
  test("are used unchanged, and the vectors they were trained on get the same codes as before", async () => {
    const trained = await build({ pqSubspaces: 4 });
    const rows = trained.getCodebooks();
    expect(rows).toHaveLength(266 * 10);
    writeNpy(words, rows, [266, 10]);
    // Parameters of the training have no effect.
    const given = await build({ pqSubspaces: 4, codebooks: words, pqNIter: 1, pqSampleSize: 1 });
    expect(given.getCodebooks()).toEqual(rows);
    expect(embeddings(given)).toEqual(embeddings(trained));
    trained.close();
    given.close();
  });

  test("of other vectors are used for these vectors", async () => {
    const other = await build({ pqSubspaces: 4, normalize: false, pqSeed: 5 });
    writeNpy(words, other.getCodebooks(), [266, 10]);
    const own = await build({ pqSubspaces: 4, normalize: false });
    const given = await build({ pqSubspaces: 4, normalize: false, codebooks: words });
    expect(given.getCodebooks()).toEqual(other.getCodebooks());
    expect(embeddings(given)).not.toEqual(embeddings(own));
    for (const index of [other, own, given]) index.close();
  });

  test("are listed among the inputs of the index, if they were given", async () => {
    const trained = await build();
    writeNpy(words, trained.getCodebooks(), [266, 10]);
    const given = await build({ codebooks: words });
    expect(trained.info.buildParams["inputs"]).not.toHaveProperty("codebooks");
    expect(given.info.buildParams["inputs"]).toMatchObject({ codebooks: expect.stringMatching(/^[0-9a-f]{64}$/) });
    trained.close();
    given.close();
  });

  test("work with files and with earlier clusters", async () => {
    const trained = await build();
    // Without a rotation, as other programs may have trained them.
    const rows = trained.getCodebooks().subarray(0, 2560);
    writeNpy(words, rows, [256, 10]);
    const whole = await Index.build(files.vectors, files.tokenIds, files.doclens, { ...QUICK, codebooks: words });
    expect(whole.getCodebooks()).toEqual(rows);
    writeNpy(files.path("c.npy"), new Float32Array(20).fill(0.1), [2, 10]);
    const assignments = data.tokenIds.map((_, i) => i % 2);
    writeNpy(files.path("a.npy"), assignments, [assignments.length]);
    const clusters = [files.path("c.npy"), files.path("a.npy")] as const;
    const inputs = [files.vectors, files.tokenIds, files.doclens] as const;
    const same = await Index.buildFromTac(...inputs, ...clusters, { ...QUICK, codebooks: words });
    expect(same.getCodebooks()).toEqual(rows);
    for (const index of [trained, whole, same]) index.close();
  });

  test("remove the time of training from the estimate", async () => {
    const trained = await build();
    writeNpy(words, trained.getCodebooks(), [266, 10]);
    trained.close();
    const train = async (options: BuildOptions) => {
      const inputs = [files.vectors, files.tokenIds, files.doclens] as const;
      const { stages } = await Index.estimateBuild(...inputs, { ...QUICK, ...options });
      return stages.find(({ stage }) => stage === "train")?.seconds;
    };
    expect(await train({})).toBeGreaterThan(0);
    expect(await train({ codebooks: words })).toBe(0);
  });

  test("are absent from an index that stores whole vectors", async () => {
    const index = await build({ exactBelow: 1_000_000 });
    expect(index.getCodebooks()).toHaveLength(0);
    index.close();
  });
});

describe("codebooks that do not fit", () => {
  const full = () => new Float32Array(2560).fill(0.1);
  const spoiled = (value: number) => {
    const values = full();
    values[3 * 10 + 4] = value;
    return values;
  };
  const unrotated = () => new Float32Array(2660).fill(0.1);
  test.each([
    ["another dim", () => writeNpy(words, new Float32Array(256 * 9), [256, 9]), /words\.npy.*dim.*10.*9/],
    ["too few words", () => writeNpy(words, new Float32Array(255 * 10), [255, 10]), /words\.npy.*rows.*256.*255/],
    ["a rotation that is not one", () => writeNpy(words, unrotated(), [266, 10]), /words\.npy.*orthogonal.*deviation/],
    ["another rank", () => writeNpy(words, full(), [2560]), /words\.npy.*rank/],
    ["another type", () => writeNpy(words, new Uint32Array(2560), [256, 10]), /words\.npy.*dtype/],
    ["NaN", () => writeNpy(words, spoiled(Number.NaN), [256, 10]), /words\.npy.*NaN in row 3, column 4/],
    ["more than an f16 holds", () => writeNpy(words, spoiled(7e4), [256, 10]), /words\.npy.*70000 in row 3, column 4/],
  ])("%s", async (_, write, message) => {
    write();
    const output = files.path("out.maxsim");
    const error = await build({ codebooks: words, output }).then(
      () => undefined,
      (reason: unknown) => reason as MaxsimError,
    );
    expect(error).toBeInstanceOf(MaxsimError);
    expect(error).toMatchObject({ code: "INVALID_INPUT", message: expect.stringMatching(message) });
    expect(existsSync(output)).toBe(false);
    const inputs = [files.vectors, files.tokenIds, files.doclens] as const;
    await expect(Index.estimateBuild(...inputs, { codebooks: words })).rejects.toMatchObject({
      code: "INVALID_INPUT",
    });
  });

  test("a missing file, and a value that is not a path", async () => {
    await expect(build({ codebooks: files.path("none.npy") })).rejects.toMatchObject({ code: "IO" });
    const codebooks = 7 as unknown as string;
    await expect(build({ codebooks })).rejects.toMatchObject({ code: "INVALID_PARAMETER", field: "codebooks" });
  });
});
