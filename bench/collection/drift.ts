/** What a search finds when the codec was trained with few of the documents, or with those of another collection. */

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Collection, Index } from "@maxsimd/native";
import { mean } from "simple-statistics";
import type { BenchmarkRecord } from "../record/record.js";
import { type Corpus, pick } from "./corpus.js";
import { TRAINED } from "./points.js";
import { recall, Searched } from "./searches.js";
import { shuffled } from "./segments.js";

/**
 * Trains codecs with shares of the documents, and one with those of `other`. Puts the documents into the collection of each codec, takes those
 * that it was trained with out, and compares what is found with exact MaxSim.
 *
 * @param folder holds the exact index, and then the collections
 */
export async function measureDrift(record: BenchmarkRecord, corpus: Corpus, other: Corpus, folder: string) {
  const exact = await Searched.open(join(folder, "exact.maxsim"));
  const truths = corpus.queries.map((_, query) => exact.search(corpus, query, { k: 10 }).ids);
  exact.close();
  const order = shuffled(corpus.doclens.length, 3);
  for (const trained of TRAINED) {
    const [source, positions] =
      trained === "other"
        ? [other, [...other.doclens.keys()]]
        : [corpus, order.slice(0, Math.round(trained * order.length))];
    const ids = positions.map((position) => `trained${position}`);
    const collection = await train(join(folder, `trained-${trained}`), source, positions, ids);
    await collection.upsert(pick(corpus, order));
    await collection.delete(ids);
    const version = await Searched.open(join(collection.folder, `${await collection.current()}.maxsim`));
    const found = truths.map((truth, query) => recall(version.search(corpus, query, { k: 10 }).ids, truth));
    const tiers = await version.index.drift();
    version.close();
    const tokens = tiers.reduce((sum, tier) => sum + tier.tokens, 0);
    const add = (metric: string, value: number): void => record.add("maxsimd", { trained }, metric, "", value);
    add("recall@10", mean(found));
    add(
      "drift",
      tiers.reduce((sum, { error, trained: least, tokens: own }) => sum + (error / least) * own, 0) / tokens,
    );
    add("largest drift", Math.max(...tiers.map(({ error, trained: least }) => error / least)));
  }
}

/** A collection whose codec is trained with some documents of a corpus. */
async function train(folder: string, source: Corpus, positions: readonly number[], ids: string[]): Promise<Collection> {
  mkdirSync(folder);
  const { attributes, ...documents } = pick(source, positions);
  const { vectors, tokenIds, doclens } = documents as Pick<Corpus, "vectors" | "tokenIds" | "doclens">;
  const options = { dim: source.dim, ids, exactBelow: 0, output: join(folder, "first.maxsim") };
  (await Index.buildFromArrays(vectors, tokenIds, doclens, options)).close();
  writeFileSync(join(folder, "current"), "first\n");
  return Collection.open(folder);
}
