/** How long changes take, and what compaction gives back. */

import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { Collection } from "@maxsimd/native";
import { median } from "simple-statistics";
import type { BenchmarkRecord } from "../record/record.js";
import { type Corpus, pick } from "./corpus.js";
import { BULK } from "./points.js";
import { shuffled } from "./segments.js";

const ROUNDS = 20;

/** Changes the collection in `folder` and leaves its current version as it is. */
export async function measureChanges(record: BenchmarkRecord, corpus: Corpus, folder: string): Promise<void> {
  const collection = await Collection.open(folder);
  const before = await collection.current();
  const several = shuffled(corpus.doclens.length, 1).slice(0, BULK);
  const rates: number[] = [];
  for (let round = 0; round < 3; round++) {
    const documents = pick(corpus, several);
    const started = performance.now();
    await collection.upsert(documents);
    rates.push(several.length / ((performance.now() - started) / 1000));
    await collection.rollback(before);
  }
  record.add("maxsimd", {}, "documents upserted", "", several.length);
  record.add("maxsimd", {}, "upsert", "1/s", median(rates), Math.min(...rates), Math.max(...rates));
  const times: Record<string, number[]> = {};
  const time = async (metric: string, work: () => Promise<void>): Promise<void> => {
    const started = performance.now();
    await work();
    times[metric] = [...(times[metric] ?? []), performance.now() - started];
  };
  for (let i = 0; i < ROUNDS; i++) {
    const document = { ...pick(corpus, [i]), attributes: undefined, ids: [`new${i}`] };
    await time("and its version open", async () => {
      await time("one document upserted", async () => void (await collection.upsert(document)));
      const index = await collection.load();
      if (index.find(`new${i}`) === null) throw new Error("the document is not there");
      index.close();
    });
    await time("one document deleted", async () => void (await collection.delete([`new${i}`])));
    await time("rollback", () => collection.rollback(before));
  }
  for (const [metric, milliseconds] of Object.entries(times)) {
    const range = [Math.min(...milliseconds), Math.max(...milliseconds)] as const;
    record.add("maxsimd", {}, metric, "ms", median(milliseconds), ...range);
  }
}

/**
 * Replaces a third of the documents, deletes and adds others again, compacts all and removes the other versions. Then compares the bytes in
 * the folder with those of an index that was built of the same documents.
 */
export async function measureSpace(record: BenchmarkRecord, corpus: Corpus, folder: string): Promise<void> {
  const collection = await Collection.open(folder);
  const third = shuffled(corpus.doclens.length, 5).slice(0, Math.ceil(corpus.doclens.length / 3));
  await collection.upsert(pick(corpus, third));
  await collection.delete(third.slice(0, Math.ceil(third.length / 2)).map(String));
  await collection.upsert(pick(corpus, third));
  const bytes = (): number => {
    const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
    // The collections of the other measurements are folders of their own; `parts` is the collection's.
    const isOwn = ({ parentPath }: { parentPath: string }): boolean =>
      [folder, join(folder, "parts")].includes(parentPath);
    const files = entries.filter((entry) => entry.isFile() && isOwn(entry) && !entry.name.startsWith("exact."));
    return files.reduce((sum, { parentPath, name }) => sum + statSync(join(parentPath, name)).size, 0);
  };
  const fresh = statSync(join(folder, "papers.maxsim")).size;
  await collection.compact({ all: true });
  await collection.removeVersions({ keep: 1, built: true });
  record.add("maxsimd", {}, "bytes after compaction", "", bytes() / fresh);
}
