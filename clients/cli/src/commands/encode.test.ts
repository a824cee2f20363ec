// `maxsimd encode` turns texts into files that `build` and `search` read, whole or not at all.

import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readNpy } from "@maxsimd/native";
import { afterAll, describe, expect, it } from "vitest";
import { formula, idsOf, removeCopies, TINY, tinyWith } from "../../../encoder/testing/tiny-folder.js";
import { runCommand } from "../../testing/recorded-session.js";
import { EXIT } from "../exit-code.js";
import { openEncoder } from "../open-encoder.js";

const folder = mkdtempSync(join(tmpdir(), "maxsimd-encode-"));
const at = (...names: string[]) => join(folder, ...names);
afterAll(() => {
  rmSync(folder, { recursive: true });
  removeCopies();
});

function file(name: string, ...lines: string[]): string {
  writeFileSync(at(name), lines.map((line) => `${line}\n`).join(""));
  return at(name);
}

/** Runs the command with the tiny encoder, unless another is named. */
function encode(texts: string, output: string, ...options: string[]) {
  const encoder = options.includes("--encoder") ? [] : ["--encoder", TINY];
  return runCommand(["encode", texts, "-o", at(output), "--json", ...encoder, ...options]);
}

const DOCUMENTS = [
  { id: "a", text: "The red fox.", year: 1999 },
  { id: "b", text: "Jumping over, over." },
  { id: "c", text: "", year: 2001 },
  { id: "d", text: "blue, blue fox" },
].map((each) => JSON.stringify(each));

describe("documents", () => {
  it("have vectors in f16, token ids and lengths, and their other keys as attributes", async () => {
    const { exitCode, json } = await encode(file("documents.jsonl", ...DOCUMENTS), "documents");
    expect(exitCode).toBe(EXIT.OK);
    expect(json()).toMatchObject({ texts: 4, tokens: 6 + 7 + 3 + 6, dim: 8 });
    const vectors = readNpy(at("documents/vectors.npy"));
    expect(vectors).toMatchObject({ dtype: "f16", shape: [22, 8] });
    const tokenIds = readNpy(at("documents/token_ids.npy"));
    const first = idsOf("[CLS] [unused1] the red fox [SEP]");
    expect(tokenIds.dtype).toBe("u32");
    expect([...(tokenIds.data as Uint32Array).subarray(0, 6)]).toEqual(first);
    expect(readNpy(at("documents/doclens.npy"))).toMatchObject({ dtype: "i32", data: Int32Array.of(6, 7, 3, 6) });
    const lines = readFileSync(at("documents/attributes.jsonl"), "utf8").trimEnd().split("\n");
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      { id: "a", year: 1999 },
      { id: "b" },
      { id: "c", year: 2001 },
      { id: "d" },
    ]);
    // The full stop is attended to, and left out.
    const expected = formula(idsOf("[CLS] [unused1] the red fox . [SEP]"), 7)[3] as number[];
    const row = (vectors.data as Uint16Array).subarray(3 * 8, 4 * 8);
    for (const [i, value] of expected.entries()) expect(half(row[i] as number)).toBeCloseTo(value, 3);
  });

  it("are built into an index that a question finds them in", async () => {
    await encode(file("more.jsonl", ...DOCUMENTS), "more", "--keep-text");
    const index = at("more.maxsim");
    const built = await runCommand(["build", at("more"), "-o", index, "--attributes", at("more/attributes.jsonl")]);
    expect(built.exitCode).toBe(EXIT.OK);
    await encode(file("questions.txt", "the red fox?", "jumping"), "questions", "--queries");
    const { json } = await runCommand([
      "search",
      "--file",
      index,
      "--queries",
      at("questions"),
      "--fields",
      "text",
      "--json",
    ]);
    const { results } = json() as { results: { hits: { id: string; fields: { text: string } }[] }[] };
    expect(results.map(({ hits }) => hits.length)).toEqual([4, 4]);
    expect(results[0]?.hits[0]).toMatchObject({ id: "a", fields: { text: "The red fox." } });
  });

  it("of a file of lines have no attributes", async () => {
    const { json } = await encode(file("lines.txt", "red", "", "fox"), "lines");
    expect(json()).toMatchObject({ texts: 3 });
    expect(readdirSync(at("lines")).sort()).toEqual(["doclens.npy", "token_ids.npy", "vectors.npy"]);
  });

  it("are written in chunks as they would be in one", async () => {
    const texts = Array.from({ length: 300 }, (_, i) => ["red", "the blue fox", "", "over."][i % 4] as string);
    const { err } = await encode(file("many.txt", ...texts), "many");
    expect(err.some((line) => /^encode: \d+ %/.test(line))).toBe(true);
    await encode(file("few.txt", ...texts.slice(0, 4)), "few");
    const [many, few] = ["many", "few"].map((name) => readNpy(at(name, "vectors.npy")).data as Uint16Array);
    expect(many).toHaveLength((few as Uint16Array).length * 75);
    expect(many?.subarray(-(few as Uint16Array).length)).toEqual(few);
  });
});

describe("queries", () => {
  it("have files of their own, with their texts", async () => {
    const { exitCode } = await encode(file("asked.txt", "What is red?"), "asked", "--queries");
    expect(exitCode).toBe(EXIT.OK);
    expect(readNpy(at("asked/query_vectors.npy")).shape).toEqual([10, 8]);
    expect(readNpy(at("asked/query_lens.npy")).data).toEqual(Int32Array.of(10));
    expect(readFileSync(at("asked/queries.jsonl"), "utf8")).toBe('{"text":"What is red?"}\n');
  });
});

describe("input that cannot be used", () => {
  it.each([
    ["{", 'expected a JSON object, got "{"'],
    ["[]", "expected a JSON object, got []"],
    ['{"id":"x"}', 'expected an object whose "text" is a text, got nothing'],
    ['{"id":[],"text":"red"}', 'expected an "id" that is a text or a whole number, got []'],
    ['{"text":"red"}', 'expected an "id", as on the first line, got no id'],
  ])("%s is refused with its line, and no file is left", async (line, message) => {
    const { exitCode, err } = await encode(file("bad.jsonl", '{"id":7,"text":"red"}', line), "bad");
    expect(exitCode).toBe(EXIT.BAD_DATA);
    expect(err.at(-1)).toContain(`bad.jsonl, line 2: ${message}`);
    expect(readdirSync(at("bad"))).toEqual([]);
  });

  it("an empty file is refused", async () => {
    const { exitCode, err } = await encode(file("empty.txt"), "empty");
    expect([exitCode, err.at(-1)]).toEqual([
      EXIT.BAD_DATA,
      expect.stringContaining("expected a text, got an empty file"),
    ]);
  });

  it("files that exist are kept without --force", async () => {
    const texts = file("kept.txt", "red");
    await encode(texts, "kept");
    expect((await encode(texts, "kept")).err.at(-1)).toContain("vectors.npy exists");
    expect((await encode(texts, "kept", "--force")).exitCode).toBe(EXIT.OK);
  });

  it.each([
    ["a folder without a model", () => folder, EXIT.NOT_FOUND, "expected a settings file"],
    ["another dim", () => tinyWith({ embedding_dim: 4 }), EXIT.BAD_DATA, "expected vectors of dim 4"],
  ])("%s as the encoder is an error that names it", async (_, encoder, code, message) => {
    const { exitCode, err } = await encode(file("red.txt", "red"), "unused", "--encoder", encoder());
    expect([exitCode, err.at(-1)]).toEqual([code, expect.stringContaining(message)]);
  });

  it("settings that are not known are said", async () => {
    const { err } = await encode(file("blue.txt", "blue"), "warned", "--encoder", tinyWith({ dims: 8 }));
    expect(err).toContainEqual(expect.stringContaining('the key "dims" is not known and has no effect'));
  });

  it("stops between chunks when it is interrupted, and leaves no file", async () => {
    const texts = file("long.txt", ...new Array<string>(1000).fill("the red fox"));
    const args = ["encode", texts, "--encoder", TINY, "-o", at("stopped")];
    const { exitCode } = await runCommand(args, { onError: (_, interrupt) => interrupt() });
    expect(exitCode).toBe(EXIT.INTERRUPTED);
    expect(readdirSync(at("stopped"))).toEqual([]);
  });
});

it("says how to install the package of encoders if it is missing", async () => {
  const missing = Object.assign(new Error("Cannot find package '@maxsimd/encoder'"), { code: "ERR_MODULE_NOT_FOUND" });
  const open = openEncoder(TINY, { err: () => undefined }, 1, () => Promise.reject(missing));
  await expect(open).rejects.toThrow("@maxsimd/encoder, which is not installed: npm install @maxsimd/encoder");
});

/** The value of a binary16. */
function half(bits: number): number {
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  const magnitude = exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15);
  return bits >> 15 === 0 ? magnitude : -magnitude;
}
