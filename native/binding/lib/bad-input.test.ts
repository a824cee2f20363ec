// Bad input is rejected with an error that names it, what was expected and what was found; no file is left.

import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Corpus, type CorpusFiles, corpus, corpusFiles, QUICK } from "../testing/corpus.js";
import { Index, MaxsimError, Searcher, writeNpy } from "./index.js";

let data: Corpus;
let files: CorpusFiles;

beforeEach(() => {
  data = corpus({ documents: 30, dim: 8, types: 4 });
  files = corpusFiles(data);
});

afterEach(() => files.remove());

/** An `.npy` file with this header and body. */
function npy(header: string, body: Uint8Array): Uint8Array {
  const text = `${header}\n`;
  const bytes = Buffer.alloc(10 + text.length + body.length);
  bytes.write("\x93NUMPY\x01\x00", 0, "latin1");
  bytes.writeUInt16LE(text.length, 8);
  bytes.write(text, 10, "latin1");
  bytes.set(body, 10 + text.length);
  return bytes;
}

const header = (descr: string, shape: string, order = "False") =>
  `{'descr': '${descr}', 'fortran_order': ${order}, 'shape': ${shape}, }`;

async function refusal(build: () => Promise<Index>): Promise<MaxsimError> {
  const before = readdirSync(files.folder);
  const error = await build().then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(MaxsimError);
  expect(readdirSync(files.folder)).toEqual(before);
  return error as MaxsimError;
}

const build = () =>
  Index.build(files.vectors, files.tokenIds, files.doclens, { ...QUICK, output: files.path("out.maxsim") });

const tokens = () => data.tokenIds.length;

describe("of a build", () => {
  type Fault = [string, () => void, RegExp];
  const faults: Fault[] = [
    ["no file", () => writeFileSync(files.vectors, ""), /vectors\.npy/],
    ["no npy", () => writeFileSync(files.vectors, "some text, but not an array"), /vectors\.npy/],
    [
      "Fortran order",
      () => writeFileSync(files.vectors, npy(header("<f2", `(${tokens()}, 8)`, "True"), new Uint8Array(tokens() * 16))),
      /vectors\.npy.*order/,
    ],
    [
      "big-endian",
      () => writeFileSync(files.vectors, npy(header(">f2", `(${tokens()}, 8)`), new Uint8Array(tokens() * 16))),
      /vectors\.npy/,
    ],
    [
      "integers as vectors",
      () => writeNpy(files.vectors, new Int32Array(tokens() * 8), [tokens(), 8]),
      /vectors\.npy: dtype: expected f16, bf16, f32 or f64, got i32; convert it in Python: np\.save\("vectors\.npy", /,
    ],
    [
      "a value beyond f16",
      () =>
        writeNpy(
          files.vectors,
          data.floats.map((value, i) => (i === 5 * 8 + 3 ? 70_000 : value)),
          [tokens(), 8],
        ),
      /vectors\.npy.*-65504 to 65504.*70000 in row 5, column 3; normalise/,
    ],
    ["another rank", () => writeNpy(files.vectors, data.vectors, [tokens() * 8]), /vectors\.npy.*rank|dimensions/],
    ["a truncated body", () => truncate(files.vectors, -3), /vectors\.npy/],
    ["trailing bytes", () => truncate(files.vectors, 5), /vectors\.npy/],
    [
      "fewer ids than vectors",
      () => writeNpy(files.tokenIds, data.tokenIds.slice(1), [tokens() - 1]),
      /token_ids\.npy.*rows/,
    ],
    ["ids as floats", () => writeNpy(files.tokenIds, new Float32Array(tokens()), [tokens()]), /token_ids\.npy.*dtype/],
    [
      "a negative id",
      () =>
        writeNpy(
          files.tokenIds,
          BigInt64Array.from({ length: tokens() }, (_, i) => (i === 17 ? -1n : 1n)),
          [tokens()],
        ),
      /token_ids\.npy.*-1.*17/,
    ],
    [
      "an id over u32",
      () =>
        writeNpy(
          files.tokenIds,
          BigInt64Array.from({ length: tokens() }, (_, i) => (i === 3 ? 2n ** 32n : 1n)),
          [tokens()],
        ),
      /token_ids\.npy.*4294967296.*3/,
    ],
    [
      "a negative length",
      () =>
        writeNpy(
          files.doclens,
          data.doclens.map((length, i) => (i === 2 ? -4 : length)),
          [30],
        ),
      /doclens\.npy.*-4.*2/,
    ],
    [
      "lengths that do not add up",
      () =>
        writeNpy(
          files.doclens,
          data.doclens.map((length, i) => (i === 2 ? length + 1 : length)),
          [30],
        ),
      /doclens\.npy.*sum/,
    ],
    ["NaN", () => writeNpy(files.vectors, poison(0x7e00), [tokens(), 8]), /vectors\.npy.*NaN in row 5, column 3/],
    ["infinity", () => writeNpy(files.vectors, poison(0xfc00), [tokens(), 8]), /vectors\.npy.*-inf in row 5, column 3/],
  ];

  const poison = (bits: number) => {
    const vectors = data.vectors.slice();
    vectors[5 * 8 + 3] = bits;
    return vectors;
  };

  test.each(faults)("%s", async (_, spoil, message) => {
    spoil();
    const error = await refusal(build);
    expect(error.code).toBe("INVALID_INPUT");
    expect(error.message).toMatch(message);
    expect(error.expected).not.toBe("");
    expect(error.got).not.toBe("");
    expect(existsSync(files.path("out.maxsim"))).toBe(false);
  });

  test("a missing file", async () => {
    files.vectors = files.path("none.npy");
    expect((await refusal(build)).code).toBe("IO");
  });

  test("an output folder that does not exist", async () => {
    const output = files.path("no/such/folder/out.maxsim");
    const error = await refusal(() => Index.build(files.vectors, files.tokenIds, files.doclens, { ...QUICK, output }));
    expect(error.code).toBe("IO");
  });

  test.each([
    ["centroids of another dim", new Float32Array(2 * 9), [2, 9], undefined, /centroids\.npy.*8.*9/],
    [
      "a centroid that is not finite",
      new Float32Array(16).fill(Number.NaN),
      [2, 8],
      undefined,
      /centroids\.npy.*NaN in row 0/,
    ],
    ["an assignment to no centroid", new Float32Array(16), [2, 8], 2, /assignments\.npy.*below 2.*2 in row 4/],
  ])("%s", async (_, centroids, shape, stray, message) => {
    writeNpy(files.path("centroids.npy"), centroids, shape);
    const assignments = data.tokenIds.map((_id, i) => (i === 4 && stray !== undefined ? stray : i % 2));
    writeNpy(files.path("assignments.npy"), assignments, [tokens()]);
    const error = await refusal(() =>
      Index.buildFromTac(
        files.vectors,
        files.tokenIds,
        files.doclens,
        files.path("centroids.npy"),
        files.path("assignments.npy"),
        QUICK,
      ),
    );
    expect(error.message).toMatch(message);
  });

  function truncate(path: string, by: number): void {
    const bytes = readFileSync(path);
    writeFileSync(path, by < 0 ? bytes.subarray(0, by) : Buffer.concat([bytes, Buffer.alloc(by)]));
  }
});

describe("of an index file", () => {
  test("a file that is not an index, a truncated file, a damaged file", async () => {
    const index = await build();
    index.close();
    const path = files.path("out.maxsim");
    const bytes = readFileSync(path);
    const load = async (content: Uint8Array, name: string) => {
      writeFileSync(files.path(name), content);
      return Index.load(files.path(name)).catch((thrown: unknown) => thrown);
    };
    expect(await load(Buffer.from("not an index, just text".repeat(400)), "text")).toMatchObject({
      code: "INDEX_FORMAT",
    });
    expect(await load(bytes.subarray(0, bytes.length - 1), "short")).toMatchObject({ code: "INDEX_CORRUPT" });
    expect(await load(Buffer.concat([bytes, Buffer.alloc(1)]), "long")).toMatchObject({ code: "INDEX_CORRUPT" });
    const damaged = Buffer.from(bytes);
    damaged[bytes.length >> 1] = (damaged[bytes.length >> 1] ?? 0) ^ 1;
    expect(await load(damaged, "damaged")).toMatchObject({ code: "INDEX_CORRUPT" });
    await expect(Index.load(join(files.folder, "none"))).rejects.toMatchObject({ code: "IO" });
  });
});

describe("of a query", () => {
  let index: Index;
  let searcher: Searcher;
  beforeEach(async () => {
    index = await build();
    searcher = new Searcher(index.id);
  });
  afterEach(() => {
    searcher.close();
    index.close();
  });

  const raw = (values: Float32Array, rows: number[]) =>
    searcher.searchRaw(new Uint8Array(values.buffer), "f32", Uint32Array.from(rows), {}, 0);

  test("rows that do not match the bytes, and no rows", () => {
    expect(() => raw(new Float32Array(9), [1])).toThrow(expect.objectContaining({ code: "SHAPE_MISMATCH" }));
    expect(() => raw(new Float32Array(16), [1])).toThrow(expect.objectContaining({ code: "SHAPE_MISMATCH" }));
    expect(() => raw(new Float32Array(8), [1, 0])).toThrow(expect.objectContaining({ code: "EMPTY_QUERY" }));
    expect(() => raw(new Float32Array(0), [])).toThrow(expect.objectContaining({ code: "EMPTY_QUERY" }));
  });

  test("a value that is not finite fails only its own query", () => {
    const values = Float32Array.from({ length: 24 }, (_, i) => i / 24);
    const clean = raw(values.slice(), [1, 1, 1]);
    values[9] = Number.NaN;
    const { counts, outcomes, docIds } = raw(values, [1, 1, 1]);
    expect([...outcomes]).toEqual([0, 2, 0]);
    expect(counts[1]).toBe(0);
    expect(docIds).toHaveLength((counts[0] ?? 0) + (counts[2] ?? 0));
    expect(docIds.slice(0, counts[0])).toEqual(clean.docIds.slice(0, clean.counts[0]));
  });

  test("a searcher of an unknown index, a closed searcher", () => {
    expect(() => new Searcher(999_999)).toThrow(expect.objectContaining({ code: "CLOSED" }));
    searcher.close();
    expect(() => raw(new Float32Array(8), [1])).toThrow(expect.objectContaining({ code: "CLOSED" }));
  });
});
