/** A collection changes document by document: each change is one durable version, and open indexes stay as they are. */

import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { corpus, corpusFiles, unitVectors } from "../testing/corpus.js";
import { Collection, type Documents, Index } from "./index.js";

const first = corpus({ documents: 200, dim: 16, types: 12 });
const more = corpus({ documents: 20, dim: 16, types: 12, seed: 2 });
const ids = (prefix: string, count: number): string[] => Array.from({ length: count }, (_, i) => `${prefix}${i}`);
const added: Documents = {
  ...{ vectors: more.vectors, dim: 16, tokenIds: more.tokenIds, doclens: more.doclens },
  attributes: ids("new", 20).map((id, i) => ({ id, n: i })),
};

let folder: string;
let collection: Collection;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "maxsimd-collection-"));
  const index = await Index.buildFromArrays(first.vectors, first.tokenIds, first.doclens, {
    ...{ dim: 16, exactBelow: 0, output: join(folder, "papers.maxsim") },
    attributes: ids("d", 200).map((id, i) => ({ id, n: i })),
  });
  index.close();
  writeFileSync(join(folder, "current"), "papers\n");
  collection = await Collection.open(folder);
});
afterEach(() => rmSync(folder, { recursive: true }));

describe("a collection", () => {
  test("adds, replaces and deletes documents; each change is a version", async () => {
    const before = await collection.load();
    expect(await collection.upsert(added)).toEqual({ version: "papers.1", added: 20, deleted: 0 });
    const { vectors, tokenIds, doclens } = corpusFiles(more);
    const replaced = { vectors, tokenIds, doclens, ids: ids("d", 20) };
    expect(await collection.upsert(replaced, { numThreads: 1 })).toEqual({
      ...{ version: "papers.2", added: 20, deleted: 20 },
    });
    expect(await collection.delete(["new0", "absent"])).toEqual({ version: "papers.3", added: 0, deleted: 1 });
    expect(await collection.delete({ range: { field: "n", gte: 100 } })).toMatchObject({ deleted: 100 });
    expect(await collection.delete(["absent"])).toEqual({ version: "papers.4", added: 0, deleted: 0 });
    const after = await collection.load();
    expect([after.len, after.info.deleted, after.info.segments]).toEqual([119, 121, 3]);
    expect([after.find("new0"), after.find("d150")]).toEqual([null, null]);
    expect(after.fields(after.find("new3") ?? -1)).toEqual({ n: 3 });
    // The version that was open before is as it was.
    expect([before.len, before.find("new3")]).toEqual([200, null]);
    const { docIds } = await after.search(unitVectors(3, 16, 8), { k: 300 });
    const found = after.ids(docIds.filter((position) => position < 4294967295));
    expect(found).not.toContain("new0");
    expect(found.filter((id) => id.startsWith("new")).length).toBe(
      [...more.doclens].filter((length, i) => length > 0 && i > 0).length,
    );
    expect((await collection.versions()).map(({ version, current, change }) => [version, current, change])).toEqual([
      ["papers", false, "build"],
      ["papers.1", false, "upsert of 20 documents, 0 of them replaced"],
      ["papers.2", false, "upsert of 20 documents, 20 of them replaced"],
      ["papers.3", false, "delete of 1 documents"],
      ["papers.4", true, "delete of 100 documents"],
    ]);
    before.close();
    after.close();
  });

  test("saves a version of several segments as one index file, without deleted documents", async () => {
    await collection.upsert(added);
    await collection.delete(["d3"]);
    const version = await collection.load();
    await version.save(join(folder, "one"));
    const saved = await Index.load(join(folder, "one"));
    expect([saved.len, saved.info.deleted, saved.info.segments]).toEqual([219, 0, 1]);
    const query = unitVectors(3, 16, 8);
    const [a, b] = await Promise.all([version.search(query, { k: 50 }), saved.search(query, { k: 50 })]);
    expect(saved.ids(b.docIds)).toEqual(version.ids(a.docIds));
    expect(b.scores).toEqual(a.scores);
    version.close();
    saved.close();
  });

  test("is compacted without a change of answers, goes back to a version, and removes old ones", async () => {
    for (let i = 0; i < 9; i++) {
      await collection.upsert({ ...added, attributes: undefined, ids: ids(`x${i}-`, 20) });
    }
    const query = unitVectors(3, 16, 8);
    const answer = async (version?: string): Promise<[string[], Float32Array]> => {
      const index = await collection.load(version);
      const { docIds, scores } = await index.search(query, { k: 20 });
      const found = index.ids(docIds);
      index.close();
      return [found, scores];
    };
    const before = await answer();
    expect(await collection.compact()).toMatchObject({ version: "papers.10" });
    expect(await collection.compact()).toBeNull();
    expect(await answer()).toEqual(before);
    expect(await collection.compact({ all: true })).toMatchObject({ version: "papers.11" });
    expect(await answer()).toEqual(before);
    await collection.rollback("papers.4");
    expect(await collection.current()).toBe("papers.4");
    await collection.rollback("papers.11");
    const removed = await collection.removeVersions({ keep: 0, inUse: ["papers.2"] });
    expect(removed.versions).not.toContain("papers.2");
    expect(await answer("papers.2")).toHaveLength(2);
    await collection.removeVersions({ keep: 0, built: true });
    expect(readdirSync(folder).filter((name) => name.endsWith(".maxsim"))).toEqual(["papers.11.maxsim"]);
    expect(readdirSync(join(folder, "parts")).filter((name) => name.endsWith(".maxsim"))).toHaveLength(2);
    expect(await answer()).toEqual(before);
  });

  test("refuses what does not fit with a typed error, and stays as it was", async () => {
    const refused: [() => Promise<unknown>, object][] = [
      [
        () => collection.upsert({ ...added, attributes: undefined }),
        { code: "INVALID_INPUT", expected: "an id for each document" },
      ],
      [
        () => collection.upsert({ ...added, attributes: undefined, ids: ids("", 19) }),
        { code: "INVALID_INPUT", got: "19" },
      ],
      [
        () => collection.upsert({ ...added, attributes: ids("a", 20).map((id) => ({ id, n: "x" })) }),
        { code: "INVALID_INPUT", field: 'document "a0", field n: value', got: '"x"' },
      ],
      [
        () => collection.upsert({ ...added, vectors: more.vectors.slice(0, more.tokenIds.length * 8), dim: 8 }),
        { code: "INVALID_INPUT", field: "vectors: dim", expected: "16", got: "8" },
      ],
      [() => collection.upsert(added, { base: "papers.7" }), { code: "CONFLICT", expected: "papers", got: "papers.7" }],
      [() => collection.delete({ exists: { field: "m" } }), { code: "INVALID_FILTER", field: "m" }],
      [() => collection.rollback("papers.9"), { code: "INVALID_PARAMETER", field: "version" }],
      [() => collection.rollback("../x"), { code: "INVALID_PARAMETER", field: "version" }],
      [() => Collection.open(join(folder, "nowhere")), { code: "INVALID_INPUT", got: "no such file" }],
    ];
    for (const [change, expected] of refused) await expect(change()).rejects.toMatchObject(expected);
    expect(await collection.current()).toBe("papers");
    expect(await collection.versions()).toHaveLength(1);
  });

  test("a damaged or missing part is an error that names it", async () => {
    await collection.upsert(added);
    const [part = ""] = readdirSync(join(folder, "parts"));
    writeFileSync(join(folder, "parts", part), "x");
    await expect(collection.load()).rejects.toMatchObject({ code: "INDEX_FORMAT" });
    rmSync(join(folder, "parts", part));
    await expect(collection.load()).rejects.toMatchObject({ code: "IO" });
    await collection.rollback("papers");
    expect((await collection.load()).len).toBe(200);
  });
});
