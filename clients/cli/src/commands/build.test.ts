import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Index, writeNpy } from "@maxsimd/native";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runCommand } from "../../testing/recorded-session.js";
import { type CorpusFiles, DIM, writeCorpus } from "../../testing/small-corpus.js";
import { EXIT } from "../exit-code.js";

const folder = mkdtempSync(join(tmpdir(), "maxsimd-build-"));
const at = (...names: string[]) => join(folder, ...names);
let corpus: CorpusFiles;
let inputs: string[];

beforeAll(() => {
  corpus = writeCorpus(at("in"), 60);
  inputs = [corpus.vectors, corpus.tokenIds, corpus.doclens];
});
afterAll(() => rmSync(folder, { recursive: true }));

describe("build", () => {
  it("writes an index file and describes it", async () => {
    const { exitCode, json, out } = await runCommand(["build", ...inputs, "-o", at("a.maxsim"), "--json"]);
    expect(exitCode).toBe(EXIT.OK);
    expect(out).toHaveLength(1);
    expect(json()).toMatchObject({ documents: 60, tokens: 300, dim: DIM, centroids: 0, path: at("a.maxsim") });
    const index = await Index.load(at("a.maxsim"));
    expect(index.info.digest).toBe(json()["digest"]);
    index.close();
  });

  it("passes every option on", async () => {
    const options = {
      "--total-centroids": ["totalCentroids", 5],
      "--tac-n-iter": ["tacNIter", 3],
      "--tac-micro-threshold": ["tacMicroThreshold", 8],
      "--tac-small-threshold": ["tacSmallThreshold", 16],
      "--max-sample-size": ["maxSampleSize", 200],
      "--pq-sample-size": ["pqSampleSize", 290],
      "--pq-n-iter": ["pqNIter", 2],
      "--pq-seed": ["pqSeed", 7],
      "--pq-subspaces": ["pqSubspaces", 8],
      "--hnsw-m": ["hnswM", 6],
      "--ef-construction": ["efConstruction", 50],
      "--exact-below": ["exactBelow", 10],
      "--scan-below": ["scanBelow", 1],
    } as const;
    const flags = Object.entries(options).flatMap(([flag, [, value]]) => [flag, String(value)]);
    const more = ["--no-normalize", "--no-center-dataset", "--threads", "1"];
    const { exitCode, err, json } = await runCommand([
      "build",
      ...inputs,
      "-o",
      at("b.maxsim"),
      "--json",
      ...flags,
      ...more,
    ]);
    expect([exitCode, err.filter((line) => line.startsWith("maxsimd"))]).toEqual([EXIT.OK, []]);
    const expected = Object.fromEntries(Object.values(options).map(([name, value]) => [name, value]));
    const { parameters } = json()["buildParams"] as { parameters: object };
    expect(parameters).toMatchObject({ ...expected, normalize: false, centerDataset: false });
  });

  it("shows its progress on standard error", async () => {
    const { err } = await runCommand(["build", ...inputs, "-o", at("c.maxsim"), "--exact-below", "0"]);
    expect(err.filter((line) => /^cluster: \d+ %, [\d,]+ of [\d,]+/.test(line))).not.toEqual([]);
  });

  it("takes given centroids", async () => {
    writeNpy(
      at("c.npy"),
      Float32Array.from({ length: 2 * DIM }, (_, i) => i / 100),
      [2, DIM],
    );
    writeNpy(
      at("a.npy"),
      Uint32Array.from({ length: 300 }, (_, i) => i % 2),
      [300],
    );
    const given = ["--centroids", at("c.npy"), "--assignments", at("a.npy"), "--exact-below", "0"];
    const { exitCode, json } = await runCommand(["build", ...inputs, "-o", at("d.maxsim"), "--json", ...given]);
    expect(exitCode).toBe(EXIT.OK);
    expect(json()).toMatchObject({ centroids: 2 });
  });

  it("takes the codebooks that inspect wrote", async () => {
    const raw = ["--exact-below", "0", "--no-normalize"];
    await runCommand(["build", ...inputs, "-o", at("w.maxsim"), ...raw]);
    expect((await runCommand(["inspect", at("w.maxsim"), "--codebooks", at("w.npy")])).exitCode).toBe(EXIT.OK);
    const given = ["--codebooks", at("w.npy"), "--pq-seed", "9"];
    const { exitCode, json } = await runCommand(["build", ...inputs, "-o", at("x.maxsim"), "--json", ...raw, ...given]);
    expect(exitCode).toBe(EXIT.OK);
    expect(json()["buildParams"]).toMatchObject({ inputs: { codebooks: expect.stringMatching(/^[0-9a-f]{64}$/) } });
    const [from, to] = [await Index.load(at("w.maxsim")), await Index.load(at("x.maxsim"))];
    expect(to.getCodebooks()).toEqual(from.getCodebooks());
    from.close();
    to.close();
  });

  it("passes --quality on, and refuses it next to --pq-subspaces", async () => {
    const output = ["-o", at("q.maxsim"), "--exact-below", "0"];
    const { json } = await runCommand(["build", ...inputs, ...output, "--json", "--quality", "high"]);
    expect(json()["buildParams"]).toMatchObject({ parameters: { pqSubspaces: 64 } });
    for (const wrong of [["high", "--pq-subspaces", "8"], ["best"]]) {
      const refused = await runCommand(["build", ...inputs, ...output, "--force", "--quality", ...wrong]);
      expect(refused.exitCode).toBe(EXIT.USAGE);
      expect(refused.err[0]).toMatch(/--quality.*(--pq-subspaces|standard, high)/);
    }
  });

  it("is refused before it starts if it would take more memory than it may", async () => {
    const refused = await runCommand([
      "build",
      ...inputs,
      "-o",
      at("large.maxsim"),
      "--max-memory",
      "1",
      "--exact-below",
      "0",
    ]);
    expect(refused.exitCode).not.toBe(EXIT.OK);
    expect(refused.err.join("\n")).toMatch(/at least \d+ bytes.*1048576 bytes/);
    expect(existsSync(at("large.maxsim"))).toBe(false);
    const enough = await runCommand([
      "build",
      ...inputs,
      "-o",
      at("large.maxsim"),
      "--max-memory",
      "512",
      "--exact-below",
      "0",
    ]);
    expect(enough.exitCode).toBe(EXIT.OK);
  });

  it("replaces a file with --force only", async () => {
    await runCommand(["build", ...inputs, "-o", at("e.maxsim")]);
    const before = readFileSync(at("e.maxsim"));
    const refused = await runCommand(["build", ...inputs, "-o", at("e.maxsim"), "--exact-below", "0"]);
    expect(refused.exitCode).toBe(EXIT.USAGE);
    expect(refused.err[0]).toContain("--force");
    expect(readFileSync(at("e.maxsim")).equals(before)).toBe(true);
    const forced = await runCommand(["build", ...inputs, "-o", at("e.maxsim"), "--exact-below", "0", "--force"]);
    expect(forced.exitCode).toBe(EXIT.OK);
    expect(readFileSync(at("e.maxsim")).equals(before)).toBe(false);
  });

  it("refuses inputs that do not fit, and leaves nothing", async () => {
    const wrong = [corpus.vectors, corpus.doclens, corpus.doclens];
    const { exitCode, err } = await runCommand(["build", ...wrong, "-o", at("f", "g.maxsim")]);
    expect(exitCode).not.toBe(EXIT.OK);
    expect(err.at(-1)).toContain("maxsimd: ");
    const swapped = await runCommand(["build", ...wrong, "-o", at("f.maxsim")]);
    expect(swapped.exitCode).toBe(EXIT.BAD_DATA);
    expect(swapped.err.at(-1)).toContain("doclens.npy");
    expect(readdirSync(folder).filter((name) => name.startsWith("f"))).toEqual([]);
  });
});

describe("build into a catalog", () => {
  const catalog = at("catalog");
  const build = (version: string, ...more: string[]) =>
    runCommand([
      "build",
      ...inputs,
      "--catalog",
      catalog,
      "--index",
      "papers",
      "--version",
      version,
      "--json",
      ...more,
    ]);
  const current = () => readFileSync(join(catalog, "papers", "current"), "utf8");

  it("makes the first version current, and others only when asked", async () => {
    expect((await build("v1")).json()).toMatchObject({ index: "papers", version: "v1", current: true });
    expect(current()).toBe("v1\n");
    expect((await build("v2")).json()).toMatchObject({ version: "v2", current: false });
    expect(current()).toBe("v1\n");
    expect((await build("v3", "--current")).json()).toMatchObject({ version: "v3", current: true });
    expect(current()).toBe("v3\n");
    const files = readdirSync(join(catalog, "papers")).filter((name) => !name.endsWith(".verified"));
    expect(files.sort()).toEqual(["current", "v1.maxsim", "v2.maxsim", "v3.maxsim"]);
  });

  it("never replaces a version by accident", async () => {
    expect((await build("v1")).exitCode).toBe(EXIT.USAGE);
  });

  it("leaves no file and no folder when it is interrupted", async () => {
    const large = writeCorpus(at("large"), 2_000);
    const args = [large.vectors, large.tokenIds, large.doclens, "--exact-below", "0", "--json"];
    const place = ["--catalog", at("stopped", "deep"), "--index", "papers", "--version", "v1"];
    const { exitCode, err, json } = await runCommand(["build", ...args, ...place], {
      onError: (line, interrupt) => line.startsWith("cluster") && interrupt(),
    });
    expect(exitCode).toBe(EXIT.INTERRUPTED);
    expect(err.at(-1)).toBe("maxsimd: interrupted");
    expect(json()).toMatchObject({ error: { exitCode: 130 } });
    expect(existsSync(at("stopped"))).toBe(false);
  });
});
