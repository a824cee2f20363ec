// Promise: documents get ids and attributes by a build, and a search of the file and of a server finds the same ones by the same
// expression, names them by their ids and shows their fields.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type RunningServer, start } from "@maxsimd/server";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runCommand } from "../../testing/recorded-session.js";
import { type CorpusFiles, writeCorpus } from "../../testing/small-corpus.js";
import { EXIT } from "../exit-code.js";

const DOCUMENTS = 60;
const folder = mkdtempSync(join(tmpdir(), "maxsimd-filtered-"));
const at = (name: string) => join(folder, name);
let corpus: CorpusFiles;
let server: RunningServer;

const record = (i: number) => ({
  id: `doc/${i}`,
  section: ["net", "admin", "x11"][i % 3],
  tags: i % 2 === 0 ? ["even", `t${i % 5}`] : [`t${i % 5}`],
  year: 1990 + i,
  price: i / 4,
  open: i % 4 === 0,
  seen: new Date(Date.UTC(2026, 0, 1 + i)).toISOString(),
  summary: `the summary of document ${i}, which is longer than its column`,
  ...(i < 7 ? { note: { pages: [i] } } : {}),
});
const records = Array.from({ length: DOCUMENTS }, (_, i) => record(i));
const lines = (objects: readonly object[]) => objects.map((object) => `${JSON.stringify(object)}\n`).join("");

beforeAll(async () => {
  corpus = writeCorpus(folder, DOCUMENTS);
  writeFileSync(at("rows.jsonl"), lines(records));
  writeFileSync(at("bare.jsonl"), lines(records.map(({ id: _id, ...fields }) => fields)));
  writeFileSync(at("ids.txt"), records.map(({ id }) => `${id}\n`).join(""));
  await build("papers.maxsim", "--attributes", at("rows.jsonl"));
  server = await start({ index: at("papers.maxsim"), port: 0, workers: 1, log: { level: "silent" } });
});
afterAll(async () => {
  await server.drain();
  rmSync(folder, { recursive: true });
});

function build(output: string, ...args: string[]) {
  const arrays = [corpus.vectors, corpus.tokenIds, corpus.doclens];
  return runCommand(["build", ...arrays, "-o", at(output), "--json", ...args]);
}

const targets = () =>
  [
    ["--file", at("papers.maxsim")],
    ["--server", server.dataAddress],
  ] as const;

interface Found {
  exhausted: boolean;
  hits: { docId: number; id: string; fields?: object }[];
}

async function search(target: readonly string[], ...args: string[]) {
  const queries = ["--queries", corpus.queries, "--lens", corpus.queryLens, "--query", "0:2"];
  return runCommand(["search", ...target, ...queries, ...args]);
}

async function found(target: readonly string[], ...args: string[]): Promise<Found[]> {
  const { exitCode, err, json } = await search(target, "--json", ...args);
  expect([exitCode, err]).toEqual([EXIT.OK, []]);
  const results = json()["results"] as (Found & { indexVersion?: unknown })[];
  return results.map(({ indexVersion: _version, ...rest }) => rest);
}

describe("search --filter", () => {
  it.each<[string, (i: number) => boolean]>([
    ["section = 'net'", (i) => i % 3 === 0],
    ["section != 'net' and year >= 2000", (i) => i % 3 !== 0 && i >= 10],
    ["tags in ('t1', 't2') or open = true", (i) => i % 5 === 1 || i % 5 === 2 || i % 4 === 0],
    ["price > 1 and price <= 2.5", (i) => i > 4 && i <= 10],
    ["price = 2", (i) => i === 8],
    ["seen < '2026-01-05T00:00:00+01:00'", (i) => i < 4],
    ["id in ('doc/3', 'doc/8', 'nobody')", (i) => i === 3 || i === 8],
    ["not (exists(section) and year not in (1990, 2010))", (i) => i === 0 || i === 20],
  ])("%s gives equal answers from the file and from the server", async (expression, matches) => {
    const expected = records.flatMap(({ id }, i) => (matches(i) ? [id] : []));
    const [file, served] = await Promise.all(
      targets().map((target) => found(target, "-k", "60", "--filter", expression, "--fields", "year,note")),
    );
    expect(served).toEqual(file);
    for (const { hits, exhausted } of file ?? []) {
      expect(hits.map(({ id }) => id).sort()).toEqual(expected.sort());
      expect(exhausted).toBe(true);
      for (const { docId, id, fields } of hits) {
        const { year, note } = record(docId);
        expect([id, fields]).toEqual([`doc/${docId}`, note === undefined ? { year } : { year, note }]);
      }
    }
  });

  it("says what is wrong in an expression, or does not fit the index, with the exit code of a wrong command line", async () => {
    for (const target of targets()) {
      const wrong = await search(target, "--filter", "year >= 2000 and");
      expect(wrong.exitCode).toBe(EXIT.USAGE);
      expect(wrong.err.join("\n")).toMatch(/--filter, column 17: expected .*\n.*\n +\^/);
      const misspelt = await search(target, "--filter", "yeer >= 2000", "--json");
      expect(misspelt.exitCode).toBe(EXIT.USAGE);
      expect(misspelt.json()).toMatchObject({ error: { code: "INVALID_FILTER" } });
      expect(misspelt.err[0]).toMatch(/yeer.*one of the attributes open, price, section, seen/);
      const typed = await search(target, "--filter", "year = '2000'");
      expect(typed.err[0]).toMatch(/year.*a whole number/);
    }
  });
});

describe("search --fields", () => {
  it("shows the fields as columns that fit the line, and documents by their ids", async () => {
    const args = ["--query", "4", "--filter", "id in ('doc/4', 'doc/9')", "--fields", "year,summary,note,toString"];
    for (const target of targets()) {
      const queries = ["--queries", corpus.queries, "--lens", corpus.queryLens];
      const { out } = await runCommand(["search", ...target, ...queries, ...args]);
      expect(out.slice(1).map((line) => line.replaceAll(/ +/g, " ").replaceAll(/-?\d\.\d{4}/g, "…"))).toEqual([
        "rank score document year summary note",
        ' 1 … doc/4 1994 the summary of docum… {"pages":[4]}',
        " 2 … doc/9 1999 the summary of docum…",
      ]);
      expect(Math.max(...out.map((line) => line.length))).toBeLessThanOrEqual(100);
    }
  });

  it("takes all, and gives all in JSON", async () => {
    const [file, served] = await Promise.all(targets().map((target) => found(target, "-k", "3", "--fields", "all")));
    expect(served).toEqual(file);
    for (const { docId, fields } of file?.[0]?.hits ?? []) {
      const { id: _id, ...stored } = record(docId);
      expect(fields).toEqual(stored);
    }
    for (const { hits } of await found(targets()[0], "-k", "3")) expect(hits[0]).not.toHaveProperty("fields");
  });
});

describe("build", () => {
  it("takes ids and attributes from one file or from two", async () => {
    const one = (await build("one.maxsim", "--attributes", at("rows.jsonl"))).json();
    const two = (await build("two.maxsim", "--ids", at("ids.txt"), "--attributes", at("bare.jsonl"))).json();
    expect(two["digest"]).toBe(one["digest"]);
    expect(one["attributes"]).toMatchObject({ year: "integer", tags: "keywords", seen: "timestamp" });
  });

  it("takes a schema as JSON or from a file", async () => {
    const schema = { year: "float", section: "keyword" };
    writeFileSync(at("schema.json"), JSON.stringify(schema));
    for (const given of [JSON.stringify(schema), at("schema.json")]) {
      const { json } = await build("typed.maxsim", "--force", "--attributes", at("rows.jsonl"), "--schema", given);
      expect(json()["attributes"]).toEqual(schema);
    }
  });

  it.each<[string[], number, string]>([
    [["--attributes", at("gone.jsonl")], EXIT.NOT_FOUND, "gone.jsonl"],
    [["--ids", at("gone.txt")], EXIT.NOT_FOUND, "gone.txt"],
    [["--schema", at("gone.json")], EXIT.NOT_FOUND, "gone.json"],
    [["--attributes", at("rows.jsonl"), "--schema", "{year"], EXIT.USAGE, "--schema is not JSON"],
    [["--attributes", at("rows.jsonl"), "--schema", at("ids.txt")], EXIT.BAD_DATA, "ids.txt is not JSON"],
    [["--attributes", at("rows.jsonl"), "--schema", '{"year":"number"}'], EXIT.USAGE, "schema"],
    [["--attributes", at("rows.jsonl"), "--schema", '{"section":"integer"}'], EXIT.BAD_DATA, "field section"],
  ])("with %j is refused", async (args, exitCode, reason) => {
    const ran = await build("refused.maxsim", ...args);
    expect(ran.exitCode).toBe(exitCode);
    expect(ran.err.at(-1)).toContain(reason);
  });
});

it("inspect shows the attributes of a file and of a served index", async () => {
  const shown =
    "attributes  open (boolean), price (float), section (keyword), seen (timestamp), summary (keyword), tags";
  for (const args of [[at("papers.maxsim")], ["--server", server.dataAddress]]) {
    const { out } = await runCommand(["inspect", ...args]);
    expect(out.join("\n").replaceAll(/(attributes) +/g, "$1  ")).toContain(shown);
    const { json } = await runCommand(["inspect", ...args, "--json"]);
    expect(json()["attributes"]).toMatchObject({ year: "integer", open: "boolean" });
  }
});
