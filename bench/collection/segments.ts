/** The same documents in different numbers of segments. */

import { join } from "node:path";
import { Collection, Index } from "@maxsimd/native";
import { mean, median } from "simple-statistics";
import type { BenchmarkRecord } from "../record/record.js";
import { type Corpus, generator, pick } from "./corpus.js";
import { SEGMENTS } from "./points.js";
import { recall, Searched } from "./searches.js";

const ROUNDS = 9;

/** Builds the collection `papers` in `folder`, whose current version then has one segment. */
export async function measureSegments(record: BenchmarkRecord, corpus: Corpus, folder: string): Promise<void> {
  const { dim, vectors, tokenIds, doclens, attributes } = corpus;
  const built = await Index.buildFromArrays(vectors, tokenIds, doclens, {
    ...{ dim, attributes, output: join(folder, "papers.maxsim") },
  });
  built.close();
  const exact = await Index.buildFromArrays(vectors, tokenIds, doclens, {
    ...{ dim, attributes, exactBelow: 1_000_000_000, output: join(folder, "exact.maxsim") },
  });
  exact.close();
  const collection = await Collection.open(folder);
  const labels = new Map<number, string>();
  for (const segments of SEGMENTS) {
    const order = shuffled(doclens.length, segments);
    const bound = (part: number): number => Math.floor((part * order.length) / segments);
    for (let part = 0; part < segments; part++) {
      await collection.upsert(pick(corpus, order.slice(bound(part), bound(part + 1))));
    }
    labels.set(segments, await collection.current());
  }
  await compare(record, corpus, folder, labels);
  await collection.rollback(labels.get(1) ?? "");
}

async function compare(
  record: BenchmarkRecord,
  corpus: Corpus,
  folder: string,
  labels: Map<number, string>,
): Promise<void> {
  const versions = new Map<number, Searched>();
  for (const [segments, label] of labels) versions.set(segments, await Searched.open(join(folder, `${label}.maxsim`)));
  const exact = await Searched.open(join(folder, "exact.maxsim"));
  const truths = corpus.queries.map((_, query) => exact.search(corpus, query, { k: 10 }).ids);
  const all = corpus.doclens.length;
  const refined = { k: Math.min(all, 10_000), kDocsToScore: all, kCentroids: 1_000_000, alpha: null };
  const times = new Map<number, number[]>(SEGMENTS.map((segments) => [segments, []]));
  for (let round = 0; round < ROUNDS; round++) {
    for (const [segments, version] of versions) times.get(segments)?.push(version.time(corpus, {}));
  }
  let reference: string | undefined;
  for (const [segments, version] of versions) {
    if (version.index.info.segments !== segments)
      throw new Error(`expected ${segments} segments, got ${version.index.info.segments}`);
    const answers = corpus.queries.slice(0, 20).map((_, query) => {
      const { ids, scores } = version.search(corpus, query, refined);
      return { ids, scores: [...scores] };
    });
    reference ??= JSON.stringify(answers);
    const add = (metric: string, value: number, unit: string): void =>
      record.add("maxsimd", { segments }, metric, unit, value);
    add("same ids and scores", JSON.stringify(answers) === reference ? 1 : 0, "");
    add("recall@10", mean(truths.map((truth, query) => recall(version.search(corpus, query, {}).ids, truth))), "");
    add("p50", median(times.get(segments) ?? []) / 1000, "ms");
    const ratios = (times.get(segments) ?? []).map((time, round) => time / (times.get(1)?.[round] ?? time));
    add("p50 ratio", median(ratios), "");
  }
  for (const version of [...versions.values(), exact]) version.close();
}

/** Positions below `count` in an order that the seed decides. */
export function shuffled(count: number, seed: number): number[] {
  const next = generator(seed);
  const order = Array.from({ length: count }, (_, i) => [next(), i] as const);
  return order.sort((a, b) => a[0] - b[0]).map(([, i]) => i);
}
