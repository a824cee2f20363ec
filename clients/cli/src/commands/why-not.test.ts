import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type RunningServer, start } from "@maxsimd/server";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runCommand } from "../../testing/recorded-session.js";
import { type CorpusFiles, writeCorpus } from "../../testing/small-corpus.js";
import { EXIT } from "../exit-code.js";

// The promise: why-not says where a search lost a document, and the options that it names bring the document.

const folder = mkdtempSync(join(tmpdir(), "maxsimd-why-not-"));
const file = join(folder, "papers.maxsim");
let corpus: CorpusFiles;
let server: RunningServer;

beforeAll(async () => {
  corpus = writeCorpus(folder, 120);
  const rows = Array.from({ length: 120 }, (_, i) => JSON.stringify({ id: `d${i}`, year: 2000 + i }));
  writeFileSync(join(folder, "rows.jsonl"), `${rows.join("\n")}\n`);
  const arrays = [corpus.vectors, corpus.tokenIds, corpus.doclens];
  await runCommand(["build", ...arrays, "-o", file, "--attributes", join(folder, "rows.jsonl"), "--exact-below", "0"]);
  server = await start({ index: file, port: 0, workers: 1, log: { level: "silent" } });
});
afterAll(async () => {
  await server.drain();
  rmSync(folder, { recursive: true });
});

const targets = [
  ["the file", () => ["--file", file]],
  ["the server", () => ["--server", server.dataAddress]],
] as const;
const tight = ["--k", "2", "--k-centroids", "1", "--k-docs-to-score", "5", "--alpha", "0.1", "--beta", "1"];
const query = () => ["--queries", corpus.queries, "--lens", corpus.queryLens, "--query", "7"];

describe.each(targets)("why-not with %s", (_name, target) => {
  it("names the options, as they are written, that bring the document", async () => {
    const places = new Set<string>();
    for (let i = 0; i < 120; i += 6) {
      const { out } = await runCommand(["why-not", `d${i}`, ...target(), ...query(), ...tight]);
      const [, place = "", options = ""] =
        new RegExp(`^d${i} is ([a-z -]+)[:,].*; (--.*) brings it$`).exec(out[0] ?? "") ?? [];
      expect(options, out[0]).not.toBe("");
      places.add(place);
      const found = await runCommand(["search", ...target(), ...query(), ...tight, ...options.split(" "), "--json"]);
      const { results } = found.json() as unknown as { results: { hits: { id: string }[] }[] };
      expect(results[0]?.hits.map(({ id }) => id)).toContain(`d${i}`);
    }
    expect(places.size).toBeGreaterThan(1);
  });

  it("says what no options change, in text and in JSON", async () => {
    const ask = (id: string, ...more: string[]) => runCommand(["why-not", id, ...target(), ...query(), ...more]);
    expect((await ask("d7")).out).toEqual(["d7 is found, at rank 1"]);
    expect((await ask("d120")).out).toEqual(["d120 is the id of no document"]);
    expect((await ask("d7", "--filter", "year != 2007")).out).toEqual(["d7 does not match the filter"]);
    const { json } = await ask("d7", "--json");
    expect(json()).toMatchObject({ id: "d7", query: 7, lost: "FOUND", rank: 1 });
  });

  it("refuses several queries", async () => {
    const args = ["why-not", "d1", ...target(), "--queries", corpus.queries, "--lens", corpus.queryLens];
    const { exitCode, err } = await runCommand(args);
    expect([exitCode, err[0]]).toEqual([
      EXIT.USAGE,
      expect.stringContaining("choose one query with --query <n>, not 120"),
    ]);
  });
});

it("refuses a file and a server together", async () => {
  const { exitCode, err } = await runCommand(["why-not", "d1", "--file", "a", "--server", "b", ...query()]);
  expect([exitCode, err[0]]).toEqual([EXIT.USAGE, expect.stringContaining("either --file or --server")]);
});
