import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readNpy, Tac } from "@maxsimd/native";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runCommand } from "../../testing/recorded-session.js";
import { DIM } from "../../testing/small-corpus.js";
import { type TypedCorpusFiles, writeTypedCorpus } from "../../testing/typed-corpus.js";
import { EXIT } from "../exit-code.js";

const folder = mkdtempSync(join(tmpdir(), "maxsimd-tac-train-"));
const at = (...names: string[]) => join(folder, ...names);
let corpus: TypedCorpusFiles;

beforeAll(() => {
  corpus = writeTypedCorpus(at("in"));
});
afterAll(() => rmSync(folder, { recursive: true }));

const train = (output: string, ...flags: string[]) =>
  runCommand(["tac", "train", corpus.vectors, corpus.tokenIds, "-o", output, ...flags]);

describe("tac train", () => {
  it("writes the engine's clustering, in files that a build accepts", async () => {
    const { exitCode, json } = await train(at("out"), "--centroids", "20", "--json");
    expect(exitCode).toBe(EXIT.OK);
    expect(json()).toMatchObject({ nCentroids: 20, dim: DIM, tokens: 800, global: false });
    const tac = new Tac({ nCentroids: 20 });
    await tac.train(corpus.vectors, corpus.tokenIds);
    expect(readNpy(at("out", "centroids.npy"))).toMatchObject({ dtype: "f32", shape: [20, DIM], data: tac.centroids });
    expect(readNpy(at("out", "assignments.npy"))).toMatchObject({
      dtype: "u32",
      shape: [800],
      data: tac.assignments,
    });

    const given = ["--centroids", at("out", "centroids.npy"), "--assignments", at("out", "assignments.npy")];
    const inputs = [corpus.vectors, corpus.tokenIds, corpus.doclens];
    const built = await runCommand([
      "build",
      ...inputs,
      ...given,
      "-o",
      at("a.maxsim"),
      "--exact-below",
      "0",
      "--json",
    ]);
    expect(built.json()).toMatchObject({ centroids: 20 });
  });

  it("passes every option on", async () => {
    const flags = ["--micro-threshold", "50", "--small-threshold", "100", "--n-iter", "2", "--seed", "7"];
    const more = ["--max-sample-size", "60", "--threads", "1", "--centroids", "30", "--json"];
    await train(at("options"), ...flags, ...more);
    const tac = new Tac({
      microThreshold: 50,
      smallThreshold: 100,
      nIter: 2,
      seed: 7,
      maxSampleSize: 60,
      nCentroids: 30,
    });
    await tac.train(corpus.vectors, corpus.tokenIds);
    expect(readNpy(at("options", "centroids.npy")).data).toEqual(tac.centroids);
  });

  it("replaces files with --force only", async () => {
    await train(at("twice"));
    const { exitCode, err } = await train(at("twice"));
    expect(exitCode).toBe(EXIT.USAGE);
    expect(err[0]).toContain("centroids.npy exists: name another file, or replace it with --force");
    expect((await train(at("twice"), "--force")).exitCode).toBe(EXIT.OK);
  });

  it("says that all tokens were clustered together if the budget is too small", async () => {
    const { out } = await train(at("global"), "--centroids", "3");
    expect(out.join("\n")).toContain("clustered together: too few centroids");
  });

  it("names a file that does not exist", async () => {
    const { exitCode, err } = await runCommand(["tac", "train", "no.npy", corpus.tokenIds, "-o", at("none")]);
    expect(exitCode).toBe(EXIT.NOT_FOUND);
    expect(err[0]).toContain("there is no file no.npy");
  });
});
