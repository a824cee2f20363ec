import { exactMaxSim } from "@maxsimd/native";
import type { DatasetFiles } from "../dataset/dataset-files.js";
import { type QuerySet, sliceQueries } from "../dataset/queries.js";
import { countedProgress, type Work } from "../work.js";
import { type Ranked, rankings } from "./rankings.js";

/** Queries of one pass over the vectors: enough to share the cost of reading them, few enough to report progress. */
const AT_ONCE = 32;

/** The `k` best documents of each query by exact MaxSim over the original vectors; seconds that took on all threads. */
export async function exactRankings(
  { vectors, doclens }: Pick<DatasetFiles, "vectors" | "doclens">,
  queries: QuerySet,
  k: number,
  work: Work,
): Promise<{ ranked: Ranked[]; seconds: number }> {
  const onDone = countedProgress(work, "exact", queries.count);
  const started = performance.now();
  const ranked: Ranked[] = [];
  for (let from = 0; from < queries.count; from += AT_ONCE) {
    const some = sliceQueries(queries, from, Math.min(queries.count, from + AT_ONCE));
    const result = await exactMaxSim(vectors, doclens, some.tokens, some.offsets, k, { signal: work.signal });
    ranked.push(...rankings(result, some.count));
    onDone(ranked.length);
  }
  return { ranked, seconds: (performance.now() - started) / 1000 };
}
