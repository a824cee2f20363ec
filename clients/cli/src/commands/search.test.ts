import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeNpy } from "@maxsimd/native";
import { type RunningServer, start } from "@maxsimd/server";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { archive, safetensors } from "../../../../native/binding/testing/archives.js";
import { runCommand } from "../../testing/recorded-session.js";
import { type CorpusFiles, DIM, writeCorpus } from "../../testing/small-corpus.js";
import { EXIT } from "../exit-code.js";

interface FoundHit {
  rank: number;
  docId: number;
  score: number;
  title?: string;
  matches?: { query: number; document: number; similarity: number }[];
}

interface Results {
  results: { query: number; hits: FoundHit[] }[];
}

const folder = mkdtempSync(join(tmpdir(), "maxsimd-search-"));
const at = (name: string) => join(folder, name);
let corpus: CorpusFiles;
let server: RunningServer;

beforeAll(async () => {
  corpus = writeCorpus(folder, 60);
  await runCommand(["build", corpus.vectors, corpus.tokenIds, corpus.doclens, "-o", at("papers.maxsim")]);
  server = await start({ index: at("papers.maxsim"), port: 0, workers: 1, log: { level: "silent" } });
});
afterAll(async () => {
  await server.drain();
  rmSync(folder, { recursive: true });
});

/** Every search is made against the file and against the server. */
const targets = [
  ["the file", () => ["--file", at("papers.maxsim")]],
  ["the server", () => ["--server", server.dataAddress, "--index", "papers"]],
] as const;

async function search(target: readonly string[], ...args: string[]) {
  const ran = await runCommand(["search", ...target, "--queries", corpus.queries, "--json", ...args]);
  return { ...ran, results: ran.exitCode === EXIT.OK ? (ran.json() as unknown as Results).results : [] };
}

describe.each(targets)("search of %s", (_name, target) => {
  it("finds the document that each query is from ", async () => {
    const { results } = await search(target(), "--lens", corpus.queryLens);
    expect(results.map(({ query, hits }) => [query, hits[0]?.docId])).toEqual(
      Array.from({ length: 60 }, (_, i) => [i, i]),
    );
    expect(results[0]?.hits).toHaveLength(10);
    expect(results[0]?.hits[0]).toMatchObject({ rank: 1, score: expect.closeTo(2, 1) });
  });

  it("takes one query, a range of them, or rows", async () => {
    const one = await search(target(), "--lens", corpus.queryLens, "--query", "7", "-k", "1");
    expect(one.results.map(({ query, hits }) => [query, hits.map(({ docId }) => docId)])).toEqual([[7, [7]]]);
    const some = await search(target(), "--lens", corpus.queryLens, "--query", "7:9", "-k", "1");
    expect(some.results.map(({ hits }) => hits[0]?.docId)).toEqual([7, 8]);
    const rows = await search(target(), "--rows", "14:16", "-k", "1");
    expect(rows.results.map(({ hits }) => hits[0]?.docId)).toEqual([7]);
  });

  it("shows titles, or texts where there is no title", async () => {
    const args = ["search", ...target(), "--queries", corpus.queries, "--lens", corpus.queryLens];
    const { out } = await runCommand([...args, "--query", "6:8", "-k", "1", "--documents", corpus.documents]);
    expect(out.join("\n")).toMatch(/query 6\nrank +score +document +title\n +1 +[12]\.\d{4} +d6 +document 6\n/);
    expect(out.join("\n")).toMatch(/query 7\n.*\n +1 +[12]\.\d{4} +d7 +text of 7$/);
  });

  it("explains hits: which tokens match, and by how much", async () => {
    const args = ["--lens", corpus.queryLens, "--query", "7:9", "-k", "2", "--explain"];
    const { results } = await search(target(), ...args);
    for (const { query, hits } of results) {
      expect(hits).toHaveLength(2);
      // A query is the first two rows of its document.
      expect(hits[0]?.matches?.map((match) => [match.query, match.document])).toEqual([
        [0, 0],
        [1, 1],
      ]);
      for (const { score, matches = [] } of hits) {
        expect(matches.reduce((sum, { similarity }) => sum + similarity, 0)).toBeCloseTo(score, 4);
      }
      expect(hits[0]).toMatchObject({ docId: query });
    }
    const { out } = await runCommand(["search", ...target(), "--queries", corpus.queries, ...args]);
    const matches =
      /matches of 7, which add up to [12]\.\d{4}\nquery token +document token +similarity\n +0 +0 +\d\.\d{4}\n +1 +1 +\d/;
    expect(out.join("\n")).toMatch(matches);
    expect((await search(target(), "--rows", "14:16")).results[0]?.hits[0]).not.toHaveProperty("matches");
  });

  it("says when the queries' dim does not fit", async () => {
    writeNpy(at("narrow.npy"), new Float32Array(8), [1, 8]);
    const { exitCode, err } = await runCommand(["search", ...target(), "--queries", at("narrow.npy")]);
    expect(exitCode).toBe(EXIT.BAD_DATA);
    expect(err[0]).toContain("8");
    expect(err[0]).toContain(String(DIM));
  });
});

describe("search", () => {
  it("gives the same hits from the file and from the server, for every parameter", async () => {
    const params = [
      ["--k", "4"],
      ["--k-centroids", "3", "--k-docs-to-score", "20", "--ef-search", "9"],
      ["--alpha", "none", "--beta", "none", "--lambda", "none"],
      ["--alpha", "0.1", "--beta", "5", "--lambda", "0.2"],
    ];
    for (const flags of params) {
      const [file, served] = await Promise.all(
        targets.map(([, target]) => search(target(), "--lens", corpus.queryLens, "--query", "0:5", ...flags)),
      );
      expect(served?.results.map(({ hits }) => hits)).toEqual(file?.results.map(({ hits }) => hits));
      expect(file?.results).toHaveLength(5);
    }
  });

  it("names the version that answered", async () => {
    const { results } = await search(["--server", server.dataAddress], "--rows", "0:1");
    expect(results[0]).toMatchObject({ indexVersion: { index: "papers", version: "1" } });
  });

  it("takes queries of one length as [queries, rows, dim], and f64", async () => {
    const cube = new Float64Array(3 * 2 * DIM).fill(0.25);
    writeNpy(at("cube.npy"), cube, [3, 2, DIM]);
    const args = ["search", "--file", at("papers.maxsim"), "--queries", at("cube.npy"), "--json"];
    const { json } = await runCommand(args);
    expect((json() as unknown as Results).results.map(({ query }) => query)).toEqual([0, 1, 2]);
  });

  it("takes queries and their lengths from a folder or an archive", async () => {
    const [data, shape] = [new Float32Array(4 * DIM).fill(0.25), [4, DIM]];
    mkdirSync(at("set"), { recursive: true });
    writeNpy(at("set/query_vectors.npy"), data, shape);
    writeNpy(at("set/query_lens.npy"), Uint8Array.of(1, 3), [2]);
    const members = { query_vectors: at("set/query_vectors.npy"), query_lens: at("set/query_lens.npy") };
    writeFileSync(at("set.npz"), archive(members, true));
    writeFileSync(at("emb.safetensors"), safetensors({ emb: members.query_vectors, lens: members.query_lens }));
    for (const queries of [["set"], ["set.npz"], ["emb.safetensors:emb", "--lens", at("emb.safetensors:lens")]]) {
      const [name = "", ...more] = queries;
      const args = ["search", "--file", at("papers.maxsim"), "--queries", at(name), ...more, "--json"];
      const { json } = await runCommand(args);
      expect((json() as unknown as Results).results.map(({ query }) => query)).toEqual([0, 1]);
    }
  });

  it("refuses a query longer than any server answers, and names --lens", async () => {
    writeNpy(at("many.npy"), new Float32Array(1516 * DIM).fill(0.25), [1516, DIM]);
    for (const [, target] of targets) {
      const args = ["search", ...target(), "--queries", at("many.npy")];
      const { exitCode, err } = await runCommand(args);
      expect(exitCode).toBe(EXIT.BAD_DATA);
      expect(err[0]).toMatch(/query 0 has 1516 rows, more than the 1024 .*into queries with --lens <array>/);
      expect((await runCommand([...args, "--rows", "0:1025"])).exitCode).toBe(EXIT.BAD_DATA);
      expect((await runCommand([...args, "--rows", "0:1024"])).exitCode).toBe(EXIT.OK);
    }
    const report = ["report", corpus.vectors, corpus.tokenIds, corpus.doclens, "--queries", at("many.npy")];
    const { err } = await runCommand([...report, "-o", at("many.html")]);
    expect(err.at(-1)).toContain("query 0 has 1516 rows");
  });

  it.each([
    [["--query", "60"], EXIT.USAGE, "60 queries"],
    [["--rows", "119:121"], EXIT.USAGE, "--rows selects rows by itself"],
  ])("with --lens and %j is refused", async (args, code, reason) => {
    const { exitCode, err } = await search(["--file", at("papers.maxsim")], "--lens", corpus.queryLens, ...args);
    expect(exitCode).toBe(code);
    expect(err[0]).toContain(reason);
  });

  it("refuses rows out of range, lengths that do not add up, and files that are not an index", async () => {
    const file = ["--file", at("papers.maxsim")];
    expect(await search(file, "--rows", "119:121")).toMatchObject({ exitCode: EXIT.USAGE });
    writeNpy(at("short.npy"), Int32Array.of(1, 2), [2]);
    const short = await search(file, "--lens", at("short.npy"));
    expect(short.exitCode).toBe(EXIT.BAD_DATA);
    expect(short.err[0]).toContain("adds up to 3 rows");
    writeFileSync(at("foreign.maxsim"), "not an index");
    expect(await search(["--file", at("foreign.maxsim")])).toMatchObject({ exitCode: EXIT.BAD_DATA });
  });

  it("ends with 3 for an index or version that is not served", async () => {
    for (const choice of [
      ["--index", "nope"],
      ["--version", "77"],
    ]) {
      const { exitCode, json } = await search(["--server", server.dataAddress], ...choice);
      expect(exitCode).toBe(EXIT.NOT_FOUND);
      expect(json()).toMatchObject({ error: { exitCode: EXIT.NOT_FOUND } });
    }
  });
});
