// `npm run golden`: makes the golden files of this format version, with their answers, in native/binding/testing/golden/version-1. It
// replaces nothing: they are made once, and every later build has to read them.

import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Collection, Index } from "@maxsimd/native";
import { corpus, QUICK } from "../../../native/binding/testing/corpus.js";
import { root } from "../root.js";
import { type Answers, ask } from "./ask.js";

/** Few dimensions: the residual codebooks take 1 KiB for each. */
const DIM = 4;

const target = join(root, "native/binding/testing/golden/version-1");
if (existsSync(target)) throw new Error(`${target} exists: golden files are never made anew`);
mkdirSync(join(target, "collection"), { recursive: true });

const fields = (i: number) => ({
  id: `d${i}`,
  ...(i % 6 === 5 ? {} : { section: `s${i % 4}` }),
  tags: [`t${i % 3}`, "all"],
  year: 1990 + (i % 17),
  price: (i % 7) + 0.25,
  open: i % 2 === 0,
  at: `2026-01-${String(1 + (i % 28)).padStart(2, "0")}T00:00:00Z`,
  note: { number: i, text: "ä" },
});
const attributes = (first: number, count: number) => Array.from({ length: count }, (_, i) => fields(first + i));
const answers: Record<string, Answers> = {};

async function build(
  name: string,
  seed: number,
  documents: number,
  options: { exactBelow?: number; scanBelow?: number },
) {
  const { vectors, tokenIds, doclens } = corpus({ documents, dim: DIM, types: 6, seed, longest: 8 });
  const output = join(target, `${name}.maxsim`);
  const more = {
    ...QUICK,
    pqSubspaces: 3,
    hnswM: 4,
    ...options,
    dim: DIM,
    attributes: attributes(0, documents),
    output,
  };
  const index = await Index.buildFromArrays(vectors, tokenIds, doclens, more);
  answers[`${name}.maxsim`] = await ask(index);
  index.close();
}

await build("exact", 1, 20, { exactBelow: 1_000_000 });
await build("clustered", 2, 40, { scanBelow: 1_000_000 });
await build("graph", 3, 40, {});
await build("collection/built", 4, 30, { scanBelow: 1_000_000 });

// The first change leaves codec and first segment in the built file; the compaction puts the codec into a file of its own.
const folder = join(target, "collection");
writeFileSync(join(folder, "current"), "built\n");
const collection = await Collection.open(folder);
const upsert = (seed: number, first: number, documents: number) => {
  const { vectors, tokenIds, doclens } = corpus({ documents, dim: DIM, types: 6, seed, longest: 8 });
  return collection.upsert({ vectors, dim: DIM, tokenIds, doclens, attributes: attributes(first, documents) });
};
await upsert(5, 25, 8);
await collection.compact({ all: true });
await upsert(6, 40, 5);
await collection.delete(["d3", "d27", "d41"]);
for (const { version } of await collection.versions()) {
  const index = await collection.load(version);
  answers[`collection/${version}.maxsim`] = await ask(index);
  index.close();
}
// What verification and locks leave is not part of a version.
for (const name of readdirSync(target, { recursive: true, encoding: "utf8" })) {
  if (/\.(verified|lock)$/.test(name)) rmSync(join(target, name));
}
writeFileSync(join(target, "answers.json"), `${JSON.stringify(answers, undefined, 1)}\n`);
