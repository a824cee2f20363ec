import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { exactMaxSim, Index, readNpy, writeNpy } from "@maxsimd/native";
import type { IndexNumbers } from "@maxsimd/report";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ReadPage, readPage, toNumber } from "../../../report/testing/read-page.js";
import { type Ran, runCommand } from "../../testing/recorded-session.js";
import { DIM } from "../../testing/small-corpus.js";
import { DOCUMENTS, type TypedCorpusFiles, writeTypedCorpus } from "../../testing/typed-corpus.js";
import { EXIT } from "../exit-code.js";

const folder = mkdtempSync(join(tmpdir(), "maxsimd-report-"));
const at = (...names: string[]) => join(folder, ...names);
const SECTIONS = ["build", "space", "query", "batch", "evaluation", "sweep", "quality"];
/** A small grid, and codes although the corpus is small. */
const QUICK = ["--sweep-k-centroids", "2,8", "--sweep-k-docs-to-score", "10,40", "--exact-below", "0"];
let corpus: TypedCorpusFiles;
let inputs: string[];

beforeAll(() => {
  corpus = writeTypedCorpus(at("in"));
  const { vectors, tokenIds, doclens, queries, queryLens } = corpus;
  inputs = [vectors, tokenIds, doclens, "--queries", queries, "--query-lens", queryLens];
});
afterAll(() => rmSync(folder, { recursive: true }));

describe("report", () => {
  let ran: Ran;
  let page: ReadPage;
  let numbers: IndexNumbers & { page: string };

  beforeAll(async () => {
    const { judgements, documents, queryTexts } = corpus;
    const more = ["--qrels", judgements, "--documents", documents, "--queries-text", queryTexts, "--query", "4"];
    const output = ["-o", at("report.html"), "--keep-index", at("kept.maxsim"), "--json"];
    ran = await runCommand(["report", ...inputs, ...more, ...output, ...QUICK]);
    page = readPage(at("report.html"));
    numbers = ran.json() as unknown as typeof numbers;
  });

  it("makes one page with every section and its plots, which loads nothing from outside", () => {
    expect([ran.exitCode, ran.out.length]).toEqual([EXIT.OK, 1]);
    expect(page.sections).toEqual(SECTIONS);
    expect(page.contents).toEqual(SECTIONS);
    expect(page.figures).toHaveLength(4);
    expect(page.reaches).toEqual([]);
    expect(page.text).not.toMatch(/NaN|undefined|Infinity/);
  });

  it("prints the numbers that the page shows", () => {
    const { page: path, ...rest } = numbers;
    expect(path).toBe(at("report.html"));
    expect(page.numbers).toEqual(rest);
    const { space, throughput, evaluation, sweep, build } = rest;
    expect(page.rows("build").map(([name]) => name)).toEqual(
      expect.arrayContaining([...build.stages.map(({ stage }) => stage), "memory", "file", "centroids"]),
    );
    expect(page.rows("space").map(([name]) => name)).toEqual(
      expect.arrayContaining(space.components.map(({ component }) => component)),
    );
    expect(page.rows("batch").map(([threads, rate]) => [toNumber(threads), toNumber(rate)])).toEqual(
      throughput.batches.map(({ threads, queriesPerSecond }) => [threads, Math.round(queriesPerSecond)]),
    );
    const { judged } = evaluation;
    expect(page.rows("evaluation").map(([, index, exact]) => [index, exact])).toEqual([
      [judged?.index.ndcg10.toFixed(4), judged?.exact.ndcg10.toFixed(4)],
      [judged?.index.success5.toFixed(4), judged?.exact.success5.toFixed(4)],
      [evaluation.recall10.toFixed(4), "1.0000"],
    ]);
    const all = page.rows("sweep").slice(-sweep.length);
    expect(all.map(([centroids, scored, , recall]) => `${centroids} ${scored} ${recall}`).sort()).toEqual(
      sweep
        .map(({ kCentroids, kDocsToScore, recall10 }) => `${kCentroids} ${kDocsToScore} ${recall10.toFixed(4)}`)
        .sort(),
    );
  });

  it("shows parts that add up to the file, and stages that add up to the build", () => {
    const { space, build } = numbers;
    expect(space.components.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(space.bytes);
    expect(space.vectorBytes).toBe(2 * DOCUMENTS * 5 * DIM);
    expect(build.stages.map(({ stage }) => stage)).toEqual([
      "check",
      "allocate",
      "cluster",
      "train",
      "link",
      "encode",
      "write",
    ]);
    expect(build.stages.reduce((sum, { seconds }) => sum + seconds, 0)).toBeCloseTo(build.seconds, 6);
    expect(build.bytes).toBeLessThanOrEqual(build.estimatedBytes);
  });

  it("shows the hits of the chosen query, with titles, judgements and exact ranks", async () => {
    const index = await Index.load(at("kept.maxsim"));
    const query = (readNpy(corpus.queries).data as Float32Array).subarray(8 * DIM, 10 * DIM);
    const { docIds, scores } = await index.search(query);
    index.close();
    const exact = await exactMaxSim(corpus.vectors, corpus.doclens, query, BigUint64Array.of(0n, 2n), 10);
    const { hits, position, text, rows } = numbers.query;
    expect([position, text, rows]).toEqual([4, "question <4>", 2]);
    expect(hits.map(({ docId }) => docId)).toEqual([...docIds]);
    expect(hits.map(({ score }) => score)).toEqual([...scores]);
    expect(hits.map(({ meanScore }) => meanScore)).toEqual([...scores].map((score) => Math.fround(score / 2)));
    const place = (docId: number) => exact.docIds.indexOf(docId) + 1 || null;
    expect(hits.map(({ exactRank }) => exactRank)).toEqual(hits.map(({ docId }) => place(docId)));
    // Documents 4 and 5 are judged, with grades 1 and 2; 4 is where the query comes from.
    expect(hits[0]).toMatchObject({ docId: 4, grade: 1, title: "document 4", id: "d4" });
    for (const { docId, grade } of hits) expect(grade).toBe(new Map([[4, 1]]).get(docId) ?? (docId === 5 ? 2 : null));
    expect(page.words("query")).toContain("question <4>");
    expect(page.rows("query")[0]).toEqual([
      "1",
      expect.any(String),
      expect.any(String),
      "1",
      "document 4 d4",
      "relevant",
    ]);
  });

  it("compares with exact MaxSim and the judgements: each query finds the document it comes from", () => {
    const { evaluation, sweep } = numbers;
    // The last query has no judgement.
    expect(evaluation.judged?.queries).toBe(DOCUMENTS - 1);
    expect(evaluation.judged?.exact.success5).toBe(1);
    expect(evaluation.recallHistogram.reduce((sum, queries) => sum + queries, 0)).toBe(DOCUMENTS);
    expect(sweep.filter(({ used }) => used)).toMatchObject([{ kCentroids: 20, kDocsToScore: 500 }]);
    expect(sweep.find(({ used }) => used)?.recall10).toBe(evaluation.recall10);
    expect(sweep.some(({ best }) => best)).toBe(true);
    expect(numbers.throughput.batches[0]?.threads).toBe(1);
    expect(numbers.throughput.searches).toBeGreaterThanOrEqual(200);
  });

  it("shows its progress on standard error, and keeps the index with --keep-index", async () => {
    const stages = new Set(ran.err.map((line) => line.split(":")[0]));
    expect([...stages]).toEqual(expect.arrayContaining(["cluster", "exact", "search", "sweep"]));
    expect(existsSync(at("kept.maxsim"))).toBe(true);
  });
});

describe("report, otherwise", () => {
  it("works without judgements and texts, and says so", async () => {
    const args = ["report", ...inputs, "-o", at("bare.html"), "--max-queries", "8", "--json", ...QUICK];
    const { json } = await runCommand(args);
    expect(json()).toMatchObject({ queries: 8, queryTokens: 16, evaluation: { judged: null }, query: { text: null } });
    const page = readPage(at("bare.html"));
    expect(page.sections).toEqual(SECTIONS);
    expect(page.words("evaluation")).toContain("nothing to say about relevance");
    expect(page.rows("evaluation")).toHaveLength(1);
    expect(page.text).not.toMatch(/NaN|undefined|Infinity/);
    expect(page.reaches).toEqual([]);
  });

  it("has no sweep if the index is scanned exactly", async () => {
    const { json, out } = await runCommand(["report", ...inputs, "-o", at("exact.html"), "--json"]);
    expect(out).toHaveLength(1);
    expect(json()).toMatchObject({ sweep: [], evaluation: { recall10: 1 }, build: { centroids: 0 } });
    expect(readPage(at("exact.html")).words("sweep")).toContain("scanned exactly");
  });

  it("takes a data set's folder", async () => {
    const dataset = at("in");
    for (const [name, of] of [["query_vectors.npy", corpus.queries]] as const) {
      const { data, shape } = readNpy(of);
      writeNpy(join(dataset, name), data, shape);
    }
    const args = ["report", "--dataset", dataset, "-o", at("set.html"), "--max-queries", "4"];
    const { exitCode, out } = await runCommand(args);
    expect(exitCode).toBe(EXIT.OK);
    expect(out.join("\n")).toMatch(/^recall@10 +1\.0000$/m);
    expect(readPage(at("set.html")).text).toContain("in: 160 documents");
  });

  it("refuses impossible inputs before it builds", async () => {
    const other = at("other.npy");
    writeNpy(other, new Float32Array(6), [2, 3]);
    const bad = at("bad.tsv");
    writeFileSync(bad, "0\tx\t1\n");
    const cases: [string[], number, string][] = [
      [[...inputs.slice(0, 3), "--queries", other], EXIT.BAD_DATA, "the queries have dim 3, but"],
      [[...inputs, "--query", "160"], EXIT.USAGE, "--query 160 is out of range: there are 160 queries"],
      [[...inputs, "--qrels", bad], EXIT.BAD_DATA, "bad.tsv:1: expected a query index"],
      [[...inputs, "--sweep-k-centroids", "5,x"], EXIT.USAGE, "expected an integer of at least 1"],
      [[...inputs, "--keep-index", corpus.vectors], EXIT.USAGE, "exists: name another"],
    ];
    for (const [args, exitCode, reason] of cases) {
      const ran = await runCommand(["report", ...args, "-o", at("refused.html")]);
      expect([ran.exitCode, ran.err.join("\n")]).toEqual([exitCode, expect.stringContaining(reason)]);
      expect(ran.err.filter((line) => line.startsWith("check: "))).toEqual([]);
    }
    expect(existsSync(at("refused.html"))).toBe(false);
  });

  it("leaves no page when it is interrupted", async () => {
    const { exitCode } = await runCommand(["report", ...inputs, ...QUICK, "-o", at("cut.html")], {
      onError: (line, interrupt) => line.startsWith("sweep: ") && interrupt(),
    });
    expect(exitCode).toBe(EXIT.INTERRUPTED);
    expect(existsSync(at("cut.html"))).toBe(false);
  });
});
