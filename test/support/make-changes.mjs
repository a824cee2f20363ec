// Makes changes of the collection in a folder, one after another, until it is killed or its input ends. Each line of its input is a change,
// as support/collection-model/change.ts describes it. Each is answered by a line when it is durable, and only then the next one begins.

import { writeSync } from "node:fs";
import process from "node:process";
import { createInterface } from "node:readline";
import { Collection } from "@maxsimd/native";

const DIM = 8;
const TOKEN_TYPES = 12;

/** Scattered numbers of 32 bits, the same for the same seed. */
const bits = (seed, i) => Math.imul(Math.imul(seed ^ 0x5bd1e995, 0x9e3779b1) ^ (i + 1), 0x85ebca6b) >>> 0;

/** Documents with vectors of f16 bit patterns of numbers in (-2, 2). */
function withTokens({ documents, seed }) {
  const doclens = Int32Array.from(documents, ({ tokens }) => tokens);
  const tokens = doclens.reduce((sum, length) => sum + length, 0);
  const half = (i) => {
    const scattered = bits(seed, i);
    return ((scattered & 1) << 15) | (scattered >>> 18);
  };
  return {
    vectors: Uint16Array.from({ length: tokens * DIM }, (_, i) => half(i)),
    dim: DIM,
    tokenIds: Uint32Array.from({ length: tokens }, (_, i) => bits(~seed, i) % TOKEN_TYPES),
    doclens,
    attributes: documents.map(({ id, fields }) => ({ id, ...fields })),
  };
}

const collection = await Collection.open(process.argv[2]);
/** The compaction that goes on while other changes are made. */
let merging;

/** Makes a change and returns what it did. */
async function make(change) {
  switch (change.kind) {
    case "upsert":
      return collection.upsert(withTokens(change), { numThreads: 1 });
    case "delete":
      return collection.delete(change.ids);
    case "delete-range":
      return collection.delete({ range: { field: "n", gte: change.from, lt: change.to } });
    case "compact": {
      await merging;
      merging = collection.compact({ all: change.all, numThreads: 1 });
      return change.wait ? ((await merging) ?? {}) : {};
    }
    case "remove-versions":
      return collection.removeVersions({ keep: change.keep, built: change.built });
    default:
      throw new Error(`a change of an unknown kind: ${change.kind}`);
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  const answer = await make(JSON.parse(line));
  // Written at once: what was answered is known even if this process is killed right after.
  writeSync(1, `${JSON.stringify(answer)}\n`);
}
await merging;
