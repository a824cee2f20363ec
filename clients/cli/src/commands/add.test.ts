import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Collection, readNpy, writeNpy } from "@maxsimd/native";
import { start } from "@maxsimd/server";
import { parquetWriteBuffer } from "hyparquet-writer";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { runCommand } from "../../testing/recorded-session.js";
import { buildCatalog, type SmallCatalog } from "../../testing/small-catalog.js";
import { DIM, writeCorpus } from "../../testing/small-corpus.js";
import { EXIT } from "../exit-code.js";

// The promise: add changes an index in a catalog by one version, and says what was added; a running server serves it.

let papers: SmallCatalog;
let inputs: string[];

beforeEach(async () => {
  papers = await buildCatalog();
  const { vectors, tokenIds, doclens } = writeCorpus(join(papers.catalog, "..", "more"), 4);
  inputs = [vectors, tokenIds, doclens];
});
afterEach(() => papers.remove());

const add = (...args: string[]) => papers.run("add", ...inputs, ...args);
const ids = () => ["--ids", papers.file("four.txt", "new", "other", "3", "4")];

describe("add", () => {
  it("adds documents and replaces those whose ids exist, and says what a running server needs", async () => {
    const { exitCode, out } = await add(...ids());
    expect(exitCode).toBe(EXIT.OK);
    expect(out[0]).toMatch(/^added 2 documents and replaced 2 in [\d.]+ (ms|s), [\d,]+ documents\/s$/);
    expect(out.slice(1)).toEqual([
      "version v1.1 of papers, current: servers of this catalog serve it within a second or two",
    ]);
    const index = await (await Collection.open(join(papers.catalog, "papers"))).load();
    expect([index.len, index.find("new"), index.find("other"), index.find("3")]).toEqual([32, 30, 31, 32]);
    index.close();
  });

  it("with --json gives the version and the counts", async () => {
    const { json } = await add(...ids(), "--json");
    expect(json()).toEqual({
      ...{ index: "papers", version: "v1.1", added: 2, replaced: 2 },
      ...{ seconds: expect.any(Number), documentsPerSecond: expect.any(Number) },
    });
  });

  it("takes ids from the fields, and keeps the fields", async () => {
    const fields = ["a", "b", "c", "d"].map((id, year) => JSON.stringify({ id, year }));
    const { exitCode } = await add("--attributes", papers.file("fields.jsonl", ...fields));
    expect(exitCode).toBe(EXIT.OK);
    const index = await (await Collection.open(join(papers.catalog, "papers"))).load();
    expect(index.fields(index.find("c") as number)).toEqual({ year: 2 });
    index.close();
  });

  it("takes fields from a Parquet file", async () => {
    const columnData = [
      { name: "id", data: ["a", "b", "c", "d"] },
      { name: "year", data: [0n, 1n, 2n, 3n], type: "INT64" as const },
    ];
    const path = join(papers.catalog, "..", "fields.parquet");
    writeFileSync(path, new Uint8Array(parquetWriteBuffer({ columnData })));
    expect((await add("--attributes", path)).exitCode).toBe(EXIT.OK);
    const index = await (await Collection.open(join(papers.catalog, "papers"))).load();
    expect(index.fields(index.find("c") as number)).toEqual({ year: 2 });
    index.close();
  });

  it("says that vectors were rounded", async () => {
    const single = join(papers.catalog, "..", "single.npy");
    writeNpy(single, new Float32Array(4 * 5 * DIM).fill(0.1), [20, DIM]);
    const { err } = await papers.run("add", single, ...inputs.slice(1), ...ids());
    expect(err).toEqual([`${single}: values were rounded from f32 to f16, to the nearest and ties to even`]);
  });

  it("adds to what a running server serves", async () => {
    const server = await start({ data: papers.catalog, port: 0, workers: 1, log: { level: "silent" } });
    const settings = { server: server.dataAddress };
    const served = async () => {
      const { out } = await runCommand(["list"], { settings });
      return out.slice(1).map((line) => line.split(/ +/).slice(0, 4));
    };
    expect(await served()).toEqual([["papers", "v1", "current", "30"]]);
    await add(...ids());
    await vi.waitFor(async () => expect(await served()).toContainEqual(["papers", "v1.1", "current", "32"]), 5000);
    await server.drain();
  });

  it("refuses a base that is not current, and says against which version to run it again", async () => {
    expect((await add(...ids(), "--base", "v1")).exitCode).toBe(EXIT.OK);
    const { exitCode, err } = await add(...ids(), "--base", "v1");
    expect(exitCode).toBe(EXIT.FAILURE);
    const why =
      "the change was made against version v1, but v1.1 is current; run the command again against that version";
    expect(err).toEqual([`maxsimd: ${why}`]);
  });

  it("refuses documents without ids, with wrong ids and of another dim, and changes nothing", async () => {
    expect(await add()).toMatchObject({ exitCode: EXIT.USAGE, err: [expect.stringContaining("--ids <file>")] });
    const few = await add("--ids", papers.file("few.txt", "a", "b"));
    expect(few).toMatchObject({
      exitCode: EXIT.BAD_DATA,
      err: [expect.stringMatching(/few\.txt: records: expected 4, .*, got 2/)],
    });
    const unnamed = await add("--attributes", papers.file("none.jsonl", "{}", "{}", "{}", "{}"));
    expect(unnamed).toMatchObject({
      exitCode: EXIT.BAD_DATA,
      err: [expect.stringContaining("an id for each document")],
    });
    const narrow = join(papers.catalog, "..", "narrow.npy");
    const { data } = readNpy(inputs[0] as string);
    writeNpy(narrow, data.slice(0, 20 * 8), [20, 8]);
    const wide = await papers.run("add", narrow, ...inputs.slice(1), ...ids());
    expect(wide).toMatchObject({ exitCode: EXIT.BAD_DATA, err: [expect.stringContaining("dim: expected 16, got 8")] });
    const { json } = await papers.run("versions", "--json");
    expect(json()["versions"]).toHaveLength(1);
  });
});

describe("the index that a command changes", () => {
  const delete_ = (...place: string[]) => runCommand(["delete", "--ids", "1", ...place]);

  it("is named by two options", async () => {
    expect((await delete_("--index", "papers")).err[0]).toContain("required option '--catalog <folder>'");
    expect((await delete_("--catalog", papers.catalog)).err[0]).toContain("required option '--index <name>'");
    const up = await delete_("--catalog", papers.catalog, "--index", "../papers");
    expect(up).toMatchObject({ exitCode: EXIT.USAGE, err: [expect.stringContaining("cannot name an index")] });
  });

  it("must exist and have a current version", async () => {
    const place = ["--catalog", papers.catalog, "--index", "plays"];
    const message = `maxsimd: there is no index plays in ${papers.catalog}: make it with maxsimd build`;
    expect(await delete_(...place)).toMatchObject({ exitCode: EXIT.NOT_FOUND, err: [message] });
    mkdirSync(join(papers.catalog, "plays"));
    const { exitCode, err } = await delete_(...place);
    expect([exitCode, err]).toEqual([
      EXIT.NOT_FOUND,
      ["maxsimd: no version of plays is current: build one with --current"],
    ]);
  });
});
