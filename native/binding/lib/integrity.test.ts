// The promise: no call returns what it computed from a file that was cut short or written to while the index is open.

import { copyFileSync, readFileSync, renameSync, rmSync, truncateSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Corpus, type CorpusFiles, corpus, corpusFiles, QUICK } from "../testing/corpus.js";
import { Collection, Index, MaxsimError, Searcher, Sweep } from "./index.js";

let data: Corpus;
let files: CorpusFiles;
let path: string;
let good: Buffer;
let index: Index;

beforeEach(async () => {
  data = corpus({ documents: 60, dim: 8, types: 4 });
  files = corpusFiles(data);
  path = files.path("served.maxsim");
  const attributes = Array.from(data.doclens, (n, i) => ({ id: `d${i}`, n }));
  const options = { ...QUICK, output: path, attributes, exactBelow: 0 };
  (await Index.build(files.vectors, files.tokenIds, files.doclens, options)).close();
  good = readFileSync(path);
  // A full check, so that the file's times are older than the tick of the clock in which it was written.
  index = await Index.load(path);
});

afterEach(() => {
  index.close();
  files.remove();
});

/** Writes in place; again until the clock of the file system has ticked since the index was opened. */
async function change(act: () => void): Promise<void> {
  do act();
  while ((await index.condition()) === "intact");
}

/** Zeros behind the header: no number in them is out of its range. */
const zeros = () => writeFileSync(path, Buffer.concat([good.subarray(0, 4096)], good.length), { flag: "r+" });

const query = () => data.vectors.subarray(0, 4 * data.dim);
const raw = () => new Uint8Array(query().slice().buffer);

/** Every call that reads the index. */
const CALLS: Record<string, (searcher: Searcher) => unknown> = {
  search: () => index.search(query()),
  batchSearch: () => index.batchSearch(query(), 4, { filter: { range: { field: "n", gte: 1 } } }),
  explain: () => index.explain(query(), Uint32Array.of(1)),
  whyNot: () => index.whyNot(query(), "d1"),
  searchRaw: (searcher) => searcher.searchRaw(raw(), "f16", Uint32Array.of(4), {}, 0),
  "searchRaw with a filter": (searcher) => {
    const filter = JSON.stringify({ range: { field: "n", gte: 2 } });
    return searcher.searchRaw(raw(), "f16", Uint32Array.of(4), { filter }, 0);
  },
  "Searcher.explain": (searcher) => searcher.explain(raw(), "f16", Uint32Array.of(1)),
  ids: () => index.ids(Uint32Array.of(1)),
  find: () => index.find("d1"),
  fields: () => index.fields(1),
  count: () => index.count({ range: { field: "n", gte: 3 } }),
  getDocumentEmbeddings: () => index.getDocumentEmbeddings(1),
  getCodebooks: () => index.getCodebooks(),
  tokenTypes: () => index.tokenTypes(),
  save: () => index.save(files.path("copy.maxsim")),
};

async function codeOf(call: () => unknown): Promise<string> {
  try {
    await call();
    return "answered";
  } catch (error) {
    return error instanceof MaxsimError ? error.code : String(error);
  }
}

describe.each(Object.keys(CALLS))("%s", (name) => {
  const call = (searcher: Searcher) => codeOf(() => CALLS[name]?.(searcher));

  test("refuses while it is unknown whether a file is what it was", async () => {
    const searcher = new Searcher(index.id);
    expect(await call(searcher)).toBe("answered");
    await change(() => utimesSync(path, new Date(), new Date()));
    expect(await call(searcher)).toBe("INDEX_CHANGED");
    await index.recheck();
    expect([await call(searcher), await index.condition()]).toEqual(["answered", "intact"]);
    searcher.close();
  });

  test("refuses when the bytes are others, and goes on refusing", async () => {
    const searcher = new Searcher(index.id);
    expect(await call(searcher)).toBe("answered");
    await change(zeros);
    expect(await call(searcher)).toBe("INDEX_CHANGED");
    expect(await codeOf(() => index.recheck())).toBe("INDEX_CORRUPT");
    expect(await call(searcher)).toBe("INDEX_CORRUPT");
    writeFileSync(path, good, { flag: "r+" });
    expect([await call(searcher), await index.condition()]).toEqual(["INDEX_CORRUPT", "damaged"]);
    searcher.close();
  });

  test("survives a file that is cut short", async () => {
    const searcher = new Searcher(index.id);
    truncateSync(path, 0);
    expect(await call(searcher)).toMatch(/^INDEX_(CORRUPT|CHANGED)$/);
    expect(await codeOf(() => index.recheck())).toBe("INDEX_CORRUPT");
    expect(await call(searcher)).toBe("INDEX_CORRUPT");
    searcher.close();
  });
});

test("a file that replaces an open one by rename is read and verified itself, though its digest is the same", async () => {
  const before = await index.search(query());
  const other = Buffer.from(good);
  // The digest is in the header; the last byte is the content of a section.
  other[other.length - 1] = (other.at(-1) ?? 0) ^ 1;
  writeFileSync(files.path("other"), other);
  renameSync(files.path("other"), path);
  expect(await codeOf(() => Index.load(path))).toBe("INDEX_CORRUPT");
  expect(await index.search(query())).toEqual(before);
});

test("a file that is deleted, renamed or replaced by rename answers as before", async () => {
  const before = await index.search(query());
  copyFileSync(path, files.path("other"));
  renameSync(files.path("other"), path);
  expect(await index.search(query())).toEqual(before);
  rmSync(path);
  expect(await index.search(query())).toEqual(before);
  await index.recheck();
  expect([await index.search(query()), await index.condition()]).toEqual([before, "intact"]);
});

test("who opens the path again gets the file that was put there", async () => {
  const before = await index.search(query());
  await change(zeros);
  // By rename, before anybody knows whether the open file is damaged.
  writeFileSync(files.path("other"), good);
  renameSync(path, files.path("wrong"));
  renameSync(files.path("other"), path);
  const first = await Index.load(path);
  expect([await first.search(query()), await codeOf(() => index.search(query()))]).toEqual([before, "INDEX_CHANGED"]);
  first.close();
  expect(await codeOf(() => index.recheck())).toBe("INDEX_CORRUPT");
  writeFileSync(path, good);
  const again = await Index.load(path);
  expect([await again.search(query()), await codeOf(() => index.search(query()))]).toEqual([before, "INDEX_CORRUPT"]);
  again.close();
});

test("a sweep reads every byte in steps, leaves out what was verified lately, and finds wrong bytes", async () => {
  const sweep = new Sweep(index.id, 0);
  let read = 0;
  for (let step = -1; step !== 0; read += step) step = await sweep.step(1000);
  sweep.close();
  expect(read).toBeGreaterThan(0.9 * good.length);
  const lately = new Sweep(index.id, 60_000);
  expect(await lately.step(1000)).toBe(0);
  lately.close();
  zeros();
  const found = new Sweep(index.id, 0);
  const toTheEnd = async () => {
    while ((await found.step(1000)) > 0);
  };
  expect(await codeOf(toTheEnd)).toBe("INDEX_CORRUPT");
  found.close();
  expect(await index.condition()).toBe("damaged");
});

test("a collection is not changed from a damaged version, and every version that names a damaged file is damaged", async () => {
  const folder = files.folder;
  writeFileSync(join(folder, "current"), "served\n");
  const collection = await Collection.open(folder);
  const added = {
    vectors: data.vectors.slice(0, 2 * data.dim),
    dim: data.dim,
    doclens: Int32Array.of(2),
    ids: ["new"],
  };
  const { version } = await collection.upsert(added);
  const second = await collection.load(version);
  const before = await second.search(query());
  await change(() => utimesSync(path, new Date(), new Date()));
  expect(await codeOf(() => second.search(query()))).toBe("INDEX_CHANGED");
  await second.recheck();
  expect([await second.search(query()), await index.condition()]).toEqual([before, "intact"]);
  await change(zeros);
  expect(await codeOf(() => collection.upsert({ ...added, ids: ["more"] }))).toBe("INDEX_CORRUPT");
  expect(await codeOf(() => collection.delete(["d1"]))).toBe("INDEX_CORRUPT");
  expect(await collection.current()).toBe(version);
  expect(await codeOf(() => second.recheck())).toBe("INDEX_CORRUPT");
  expect([await index.condition(), await second.condition()]).toEqual(["damaged", "damaged"]);
  expect(await codeOf(() => second.search(query()))).toBe("INDEX_CORRUPT");
  second.close();
});
