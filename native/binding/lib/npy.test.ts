// Arrays in every accepted form build the same index, and the index says what was rounded.

import { readdirSync, writeFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { archive, safetensors } from "../testing/archives.js";
import { type Corpus, type CorpusFiles, corpus, corpusFiles, QUICK } from "../testing/corpus.js";
import { arrayNames, arrayShape, exactMaxSim, Index, readNpy, Tac, toHalf, writeNpy } from "./index.js";

let data: Corpus;
let files: CorpusFiles;
beforeEach(() => {
  data = corpus({ documents: 30, dim: 8, types: 4 });
  files = corpusFiles(data);
});
afterEach(() => files.remove());

async function digest(vectors: string, tokenIds: string | null, doclens: string) {
  const index = await Index.build(vectors, tokenIds, doclens, { ...QUICK, output: files.path("out.maxsim") });
  const { digest, buildParams } = index.info;
  index.close();
  return { digest, inputs: buildParams["inputs"] as Record<string, unknown> };
}

describe("a build", () => {
  test("from other integer types is the same index", async () => {
    const { digest: expected } = await digest(files.vectors, files.tokenIds, files.doclens);
    for (const Ids of [Int32Array, Int16Array, Uint8Array]) {
      writeNpy(files.path("ids.npy"), Ids.from(data.tokenIds), [data.tokenIds.length]);
      writeNpy(files.path("lens.npy"), Ids.from(data.doclens), [data.doclens.length]);
      expect((await digest(files.vectors, files.path("ids.npy"), files.path("lens.npy"))).digest).toBe(expected);
    }
    writeNpy(files.path("lens.npy"), BigUint64Array.from(data.doclens, BigInt), [data.doclens.length]);
    expect((await digest(files.vectors, files.tokenIds, files.path("lens.npy"))).digest).toBe(expected);
  });

  test("from f32 values that f16 holds is the same index; from other f32 values it says that they were rounded", async () => {
    const tokens = data.tokenIds.length;
    writeNpy(files.path("f32.npy"), data.floats, [tokens, 8]);
    const halves = await digest(files.vectors, files.tokenIds, files.doclens);
    const rounded = await digest(files.path("f32.npy"), files.tokenIds, files.doclens);
    expect(rounded.inputs).toEqual({ ...halves.inputs, vectorsRoundedFrom: "f32" });
    const exact = Float32Array.from({ length: tokens * 8 }, (_, i) => (i % 512) / 512 - 0.25);
    writeNpy(files.path("exact.npy"), exact, [tokens, 8]);
    writeNpy(files.vectors, toHalf(exact), [tokens, 8]);
    const same = await digest(files.path("exact.npy"), files.tokenIds, files.doclens);
    expect(same).toEqual(await digest(files.vectors, files.tokenIds, files.doclens));
  });

  test("from an archive, stored, deflated or safetensors, is the same index and leaves no other file", async () => {
    const { digest: expected } = await digest(files.vectors, files.tokenIds, files.doclens);
    const members = { vectors: files.vectors, token_ids: files.tokenIds, doclens: files.doclens };
    writeFileSync(files.path("stored.npz"), archive(members, false));
    writeFileSync(files.path("deflated.npz"), archive(members, true));
    writeFileSync(files.path("corpus.safetensors"), safetensors(members));
    const before = readdirSync(files.folder);
    for (const name of ["stored.npz", "deflated.npz", "corpus.safetensors"]) {
      const path = files.path(name);
      expect(arrayNames(path).sort()).toEqual(["doclens", "token_ids", "vectors"]);
      expect(arrayShape(`${path}:vectors`)).toEqual({ shape: [data.tokenIds.length, 8], dtype: "f16" });
      expect(readNpy(`${path}:doclens`)).toEqual({ shape: [30], dtype: "i32", data: data.doclens });
      expect((await digest(path, path, path)).digest).toBe(expected);
      expect((await digest(`${path}:vectors`, `${path}:token_ids`, files.doclens)).digest).toBe(expected);
    }
    expect(readdirSync(files.folder)).toEqual(before);
    await expect(digest(files.path("stored.npz:emb"), null, files.doclens)).rejects.toMatchObject({
      code: "INVALID_INPUT",
      message: expect.stringMatching(
        /stored\.npz: arrays: expected one named emb.*got \[vectors, token_ids, doclens\]/,
      ),
    });
  });

  test("from given clusters needs no token ids", async () => {
    const tokens = data.tokenIds.length;
    writeNpy(files.path("c.npy"), data.floats.slice(0, 16), [2, 8]);
    writeNpy(
      files.path("a.npy"),
      BigInt64Array.from({ length: tokens }, (_, i) => BigInt(i % 2)),
      [tokens],
    );
    const index = await Index.buildFromTac(
      files.vectors,
      null,
      files.doclens,
      files.path("c.npy"),
      files.path("a.npy"),
      { ...QUICK, output: files.path("out.maxsim") },
    );
    expect(index.info.buildParams["inputs"]).toMatchObject({ tokenIds: null });
    expect(index.nCentroids).toBe(2);
    index.close();
  });
});

test("an estimate states how much is copied to temporary files", async () => {
  const tokens = data.tokenIds.length;
  const copied = async (vectors: string) =>
    (await Index.estimateBuild(vectors, files.tokenIds, files.doclens)).temporaryBytes;
  writeNpy(files.path("f32.npy"), data.floats, [tokens, 8]);
  expect(await copied(files.path("f32.npy"))).toBe((await copied(files.vectors)) + 2 * 8 * tokens);
});

test("clustering and exact search accept what a build accepts", async () => {
  const members = { vectors: files.path("f32.npy"), token_ids: files.tokenIds, doclens: files.doclens };
  writeNpy(members.vectors, data.floats, [data.tokenIds.length, 8]);
  const path = files.path("corpus.safetensors");
  writeFileSync(path, safetensors(members));
  const [ours, theirs] = [new Tac({ nCentroids: 12 }), new Tac({ nCentroids: 12 })];
  await ours.train(path, path);
  await theirs.train(files.vectors, files.tokenIds);
  expect(ours.centroids).toEqual(theirs.centroids);
  expect([ours.roundedFrom, theirs.roundedFrom]).toEqual(["f32", undefined]);
  const offsets = BigUint64Array.of(0n, 2n);
  const query = data.floats.slice(0, 16);
  expect(await exactMaxSim(path, path, query, offsets, 3)).toEqual(
    await exactMaxSim(files.vectors, files.doclens, query, offsets, 3),
  );
});
