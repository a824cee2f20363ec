import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { AdminClient, MaxsimClient, type StreamQuery } from "@maxsimd/client";
import { Index } from "@maxsimd/native";
import { corpus, corpusFiles } from "@maxsimd/native/testing";
import { type RunningServer, start } from "@maxsimd/server";
import { afterAll, beforeAll, expect, it } from "vitest";
import { useTemporaryFolder } from "./support/temporary-folder.js";

// The promise: a swap fails no query; an answer comes whole from one version, names it, and is what that version gives.

const SWAPS = 100;
const QUERIES = 20_000;
const VERSIONS = ["v1", "v2"];

const folder = useTemporaryFolder();
const DIM = 32;
const data = corpus({ documents: 600, dim: DIM, types: 60, longest: 40 });
/** 50 queries of 8 tokens each: rows of the corpus. */
const queries = Array.from({ length: 50 }, (_, i) => data.vectors.subarray(i * 8 * DIM, (i + 1) * 8 * DIM));
let server: RunningServer;
/** By version: the answer to each query, as the version gives it alone. */
const alone = new Map<string, string[]>();

const show = (docIds: Uint32Array, scores: Float32Array) => `${docIds.join(" ")} | ${scores.join(" ")}`;

beforeAll(async () => {
  const files = corpusFiles(data, folder.path);
  const catalog = join(folder.path, "catalog");
  mkdirSync(join(catalog, "books"), { recursive: true });
  for (const [i, version] of VERSIONS.entries()) {
    // Another seed gives other codes, and so other scores.
    const output = join(catalog, "books", `${version}.maxsim`);
    const options = { output, pqSeed: i, exactBelow: 0, totalCentroids: 256 };
    const index = await Index.build(files.vectors, files.tokenIds, files.doclens, options);
    const answers: string[] = [];
    for (const query of queries) {
      const { docIds, scores } = await index.search(query, { k: 10 });
      answers.push(show(docIds, scores));
    }
    alone.set(version, answers);
    index.close();
  }
  writeFileSync(join(catalog, "books/current"), "v1\n");
  server = await start({ data: catalog, port: 0, admin: "127.0.0.1:0", workers: 2, log: { level: "error" } });
}, 120_000);

afterAll(async () => server?.drain());

it("the two versions give different answers, so that a mixture would show", () => {
  const [first = [], second = []] = VERSIONS.map((version) => alone.get(version));
  expect(first.filter((answer, i) => answer === second[i])).toHaveLength(0);
});

it(`${SWAPS} swaps under a stream of at least ${QUERIES} queries`, async () => {
  const client = new MaxsimClient(server.dataAddress);
  const admin = new AdminClient(server.adminAddress as string);
  const wrong: string[] = [];
  const answers: number[] = [];
  const changes: string[] = [];
  let swapped = 0;
  let answered = 0;
  let wake: () => void = () => undefined;

  /** Goes on for as long as the swaps take. */
  function* source(): Generator<StreamQuery<number>> {
    for (let id = 0; id < QUERIES || swapped < SWAPS; id++) {
      yield { id, query: { data: queries[id % queries.length] as Uint16Array, dim: DIM } };
    }
  }

  /** Each swap waits for its share of the stream, and for an answer from the version before it. */
  async function swapAll(): Promise<void> {
    for (let version = "v1"; swapped < SWAPS; swapped++) {
      const ready = () => answered >= (swapped * QUERIES) / SWAPS && changes.at(-1) === version;
      while (!ready()) await new Promise<void>((resolve) => (wake = resolve));
      version = version === "v1" ? "v2" : "v1";
      const { current } = await admin.swapIndex("books", version);
      expect(current.version).toBe(version);
    }
  }

  const swapping = swapAll();
  for await (const outcome of client.searchStream(source(), { params: { k: 10 } })) {
    answered += 1;
    answers[outcome.id] = (answers[outcome.id] ?? 0) + 1;
    if (outcome.error !== undefined) {
      wrong.push(`${outcome.id}: ${outcome.error.message}`);
    } else {
      const { version } = outcome.indexVersion;
      if (changes.at(-1) !== version) changes.push(version);
      const expected = alone.get(version)?.[outcome.id % queries.length];
      const got = show(outcome.docIds, outcome.scores);
      if (got !== expected) wrong.push(`${outcome.id} of ${version}: expected ${expected}, got ${got}`);
    }
    wake();
  }
  await swapping;
  client.close();
  admin.close();

  expect(wrong).toEqual([]);
  expect(answers.length).toBeGreaterThanOrEqual(QUERIES);
  expect(answers.every((count) => count === 1)).toBe(true);
  expect(changes.length).toBeGreaterThanOrEqual(SWAPS);
}, 180_000);
