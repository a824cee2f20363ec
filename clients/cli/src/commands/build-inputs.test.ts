// Arrays in every form that users have: the same index, and a sentence where it is not clear what is meant.

import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readNpy, writeNpy } from "@maxsimd/native";
import { afterAll, beforeAll, expect, it } from "vitest";
import { archive, safetensors } from "../../../../native/binding/testing/archives.js";
import { runCommand } from "../../testing/recorded-session.js";
import { type CorpusFiles, DIM, writeCorpus } from "../../testing/small-corpus.js";
import { EXIT } from "../exit-code.js";

const folder = mkdtempSync(join(tmpdir(), "maxsimd-inputs-"));
const at = (...names: string[]) => join(folder, ...names);
let corpus: CorpusFiles;
let expected: unknown;
let withoutIds: unknown;

beforeAll(async () => {
  corpus = writeCorpus(at("in"), 60);
  const members = { vectors: corpus.vectors, token_ids: corpus.tokenIds, doclens: corpus.doclens };
  const queries = { query_vectors: corpus.queries, query_lens: corpus.queryLens };
  writeFileSync(at("corpus.npz"), archive({ ...members, ...queries }, true));
  writeFileSync(at("corpus.safetensors"), safetensors({ ...members, ...queries }));
  writeFileSync(at("pooled.npz"), archive({ vectors: corpus.vectors, doclens: corpus.doclens }, false));
  writeFileSync(at("only.npz"), archive({ arr_0: corpus.vectors }, false));
  writeNpy(at("in", "query_vectors.npy"), readNpy(corpus.queries).data, [120, DIM]);
  mkdirSync(at("bare"));
  copyFileSync(corpus.vectors, at("bare", "vectors.npy"));
  expected = await digest(corpus.vectors, corpus.tokenIds, corpus.doclens);
  withoutIds = await digest(corpus.vectors, "--doclens", corpus.doclens);
});
afterAll(() => rmSync(folder, { recursive: true }));

const build = (...args: string[]) =>
  runCommand(["build", ...args, "-o", at("out.maxsim"), "--force", "--json", "--exact-below", "0"]);

async function digest(...args: string[]): Promise<unknown> {
  const { exitCode, json, err } = await build(...args);
  expect([exitCode, err.filter((line) => line.startsWith("maxsimd"))]).toEqual([EXIT.OK, []]);
  return json()["digest"];
}

it("builds from a folder, an archive, and arrays that are named one by one", async () => {
  for (const collection of [at("in"), at("corpus.npz"), at("corpus.safetensors")]) {
    expect(await digest(collection)).toBe(expected);
  }
  expect(await digest(corpus.vectors, "--token-ids", corpus.tokenIds, "--doclens", corpus.doclens)).toBe(expected);
  expect(await digest(at("pooled.npz"), "--token-ids", corpus.tokenIds)).toBe(expected);
  expect(await digest(at("only.npz"), `${at("corpus.npz")}:token_ids`, corpus.doclens)).toBe(expected);
  expect(readdirSync(folder).filter((name) => name.startsWith("."))).toEqual([]);
});

it("builds without token ids", async () => {
  expect(withoutIds).not.toBe(expected);
  expect(await digest(at("pooled.npz"))).toBe(withoutIds);
  expect(await digest(at("in"), "--no-token-ids")).toBe(withoutIds);
});

it("builds from given clusters without token ids", async () => {
  const centroids = Float32Array.from({ length: 2 * DIM }, (_, i) => i / 100);
  const assignments = Uint8Array.from({ length: 300 }, (_, i) => i % 2);
  writeNpy(at("c.npy"), centroids, [2, DIM]);
  writeNpy(at("a.npy"), assignments, [300]);
  const { exitCode, json } = await build(at("pooled.npz"), "--centroids", at("c.npy"), "--assignments", at("a.npy"));
  expect(exitCode).toBe(EXIT.OK);
  expect(json()).toMatchObject({ centroids: 2, buildParams: { inputs: { tokenIds: null } } });
});

it.each<[string, string[], number, string]>([
  [
    "two arrays",
    ["in/vectors.npy", "in/doclens.npy"],
    EXIT.USAGE,
    "doclens.npy could be token ids or document lengths",
  ],
  ["no lengths", ["in/vectors.npy"], EXIT.USAGE, "needs the number of tokens of each document: --doclens <array>"],
  [
    "lengths that are named twice",
    ["in/vectors.npy", "in/token_ids.npy", "in/doclens.npy", "--doclens", "in/doclens.npy"],
    EXIT.USAGE,
    "named twice",
  ],
  ["no such archive", ["none.npz"], EXIT.NOT_FOUND, "there is no file"],
  ["a folder without lengths", ["bare"], EXIT.NOT_FOUND, "bare/doclens.npy"],
  [
    "an archive without lengths",
    ["only.npz"],
    EXIT.BAD_DATA,
    "only.npz: arrays: expected one named vectors (to read another array, give",
  ],
  [
    "a missing array",
    ["corpus.npz:emb", "in/token_ids.npy", "in/doclens.npy"],
    EXIT.BAD_DATA,
    "expected one named emb",
  ],
])("refuses %s", async (_, args, code, reason) => {
  const { exitCode, json } = await build(...args.map((arg) => (arg.startsWith("--") ? arg : at(arg))));
  expect(exitCode).toBe(code);
  expect((json()["error"] as { message: string }).message).toContain(reason);
});

it("says once that vectors were rounded, in every command that reads them", async () => {
  const { data, shape } = readNpy(corpus.queries);
  const floats = Float32Array.from({ length: 300 * DIM }, (_, i) => (data as Float32Array)[i % data.length] as number);
  writeNpy(at("f32.npy"), floats, [300, DIM]);
  expect(shape).toEqual([120, DIM]);
  const said = /f32\.npy: values were rounded from f32 to f16, to the nearest and ties to even/;
  const corpusArgs = [at("f32.npy"), corpus.tokenIds];
  const runs = [
    await build(...corpusArgs, corpus.doclens),
    await runCommand(["tac", "train", ...corpusArgs, "-o", at("clusters"), "--json"]),
    await runCommand(["tac", "report", ...corpusArgs, "-o", at("tac.html"), "--json"]),
    await runCommand([
      ...["report", ...corpusArgs, corpus.doclens, "--queries", corpus.queries, "--query-lens", corpus.queryLens],
      ...["--max-queries", "2", "-o", at("report.html"), "--json"],
    ]),
  ];
  for (const { exitCode, err } of runs) {
    expect(exitCode).toBe(EXIT.OK);
    expect(err.filter((line) => said.test(line))).toHaveLength(1);
  }
  expect(runs[0]?.json()).toMatchObject({ buildParams: { inputs: { vectorsRoundedFrom: "f32" } } });
  expect((await build(corpus.vectors, corpus.tokenIds, corpus.doclens)).err.some((line) => said.test(line))).toBe(
    false,
  );
});

it("clusters and reports on a folder or an archive", async () => {
  for (const [i, collection] of [at("in"), at("corpus.npz"), at("corpus.safetensors")].entries()) {
    const train = await runCommand(["tac", "train", collection, "-o", at(`clusters-${i}`), "--json"]);
    expect(train.json()).toMatchObject({ tokens: 300 });
    const page = at(`report-${i}.html`);
    const report = await runCommand(["report", collection, "--max-queries", "3", "-o", page, "--json"]);
    expect(report.json()).toMatchObject({ tokens: 300, queries: 3 });
  }
  const { exitCode, err } = await runCommand(["tac", "train", corpus.vectors, "-o", at("clusters")]);
  expect([exitCode, err[0]]).toEqual([EXIT.USAGE, expect.stringContaining("name the token ids of")]);
  const pooled = await runCommand([
    ...["report", at("pooled.npz"), "--queries", at("corpus.npz"), "--max-queries", "3", "-o", at("pooled.html")],
    "--json",
  ]);
  expect(pooled.json()).toMatchObject({ inputs: { tokenIds: null }, queries: 3 });
});
