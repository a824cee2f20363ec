/** Files of earlier releases are opened, and answer as they did: `testing/golden` holds indexes that were built before documents had ids. */

import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { corpus, unitVectors } from "../testing/corpus.js";
import { Collection, Index } from "./index.js";

const GOLDEN = fileURLToPath(new URL("../testing/golden", import.meta.url));

/** Digest of each file, and the ten best documents for {@link query}, with the bits of their scores, as they were then. */
const answers = JSON.parse(readFileSync(join(GOLDEN, "answers.json"), "utf8")) as Record<
  string,
  { digest: string; docIds: number[]; scores: number[] }
>;
const query = unitVectors(5, 8, 21);

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "maxsimd-golden-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe.each(Object.entries(answers))("%s", (name, { digest, docIds, scores }) => {
  test("opens with every check, and gives the same answer to the bit", async () => {
    const path = join(folder, `${name}.maxsim`);
    copyFileSync(join(GOLDEN, `${name}.maxsim`), path);
    const index = await Index.load(path);
    const found = await index.search(query, { k: 10 });
    expect([...found.docIds]).toEqual(docIds);
    expect([...new Uint32Array(found.scores.buffer)]).toEqual(scores);
    expect([index.info.digest, index.len, index.info.segments]).toEqual([digest, 150, 1]);
    // Documents are named by their positions, and have no fields.
    expect([index.ids(Uint32Array.of(7)), index.find("7"), index.fields(7)]).toEqual([["7"], 7, {}]);
    index.close();
  });

  test("is the first version of a collection", async () => {
    copyFileSync(join(GOLDEN, `${name}.maxsim`), join(folder, `${name}.maxsim`));
    writeFileSync(join(folder, "current"), `${name}\n`);
    const collection = await Collection.open(folder);
    const more = corpus({ documents: 20, dim: 8, types: 6, seed: 2 });
    const ids = Array.from({ length: 20 }, (_, i) => `${i + 140}`);
    const change = await collection.upsert({ ...more, ids });
    expect([change.added, change.deleted]).toEqual([20, 10]);
    await collection.compact({ all: true });
    const index = await collection.load();
    expect([index.len, index.info.segments, index.find("3")]).toEqual([160, 1, 3]);
    index.close();
  });
});
