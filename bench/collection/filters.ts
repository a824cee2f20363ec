/** Filtered searches compared with exact MaxSim over the documents that match, and scoring given documents compared with refining as many. */

import { join } from "node:path";
import { Collection, filterJson } from "@maxsimd/native";
import { mean, median } from "simple-statistics";
import type { BenchmarkRecord } from "../record/record.js";
import type { Corpus } from "./corpus.js";
import { SHARES } from "./points.js";
import { recall, Searched } from "./searches.js";

const ROUNDS = 5;

export async function measureFilters(record: BenchmarkRecord, corpus: Corpus, folder: string): Promise<void> {
  const collection = await Collection.open(folder);
  const version = await Searched.open(join(folder, `${await collection.current()}.maxsim`));
  const exact = await Searched.open(join(folder, "exact.maxsim"));
  try {
    for (const share of SHARES) {
      const filter = filterJson({ range: { field: "r", lt: Math.round(share * 10_000) } });
      const documents = version.index.count({ range: { field: "r", lt: Math.round(share * 10_000) } });
      if (documents === 0) continue;
      const found = corpus.queries.map((_, query) => version.search(corpus, query, { filter }));
      const truths = corpus.queries.map((_, query) => exact.search(corpus, query, { filter }).ids);
      const times = Array.from({ length: ROUNDS }, () => version.time(corpus, { filter }));
      const add = (metric: string, value: number, unit: string): void =>
        record.add("maxsimd", { percent: share * 100 }, metric, unit, value);
      add("documents", documents, "");
      add("recall@10", mean(found.map(({ ids }, query) => recall(ids, truths[query] ?? []))), "");
      add("p50", median(times) / 1000, "ms");
      add("exhausted", mean(found.map(({ exhausted }) => Number(exhausted))), "");
    }
    rerank(record, corpus, version);
  } finally {
    version.close();
    exact.close();
  }
}

/** Scores 1,000 documents given by their ids, and the 1,000 candidates of a search, alternating. */
function rerank(record: BenchmarkRecord, corpus: Corpus, version: Searched): void {
  const count = Math.min(1000, corpus.doclens.length);
  const filter = filterJson({ ids: Array.from({ length: count }, (_, i) => `${i}`) });
  const ratios = Array.from({ length: ROUNDS }, () => {
    const candidates = version.time(corpus, { kDocsToScore: count, alpha: null });
    return version.time(corpus, { kDocsToScore: count, filter }) / candidates;
  });
  record.add("maxsimd", {}, "rerank ratio", "", median(ratios), Math.min(...ratios), Math.max(...ratios));
}
