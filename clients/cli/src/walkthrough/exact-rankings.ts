import { countedProgress } from "../output/counted-progress.js";
import type { ProgressDisplay } from "../output/progress.js";
import { type QuerySet, sliceQueries } from "./query-set.js";
import { type Ranked, rankings } from "./rankings.js";
import type { ReportInputs } from "./report-inputs.js";

/** Queries of one pass over the vectors: enough to make reading them cheap, few enough to tell of progress. */
const AT_ONCE = 32;

/** What exact MaxSim over the original vectors ranks first, the yardstick, and how long that took on all threads. */
export async function exactRankings(
  { vectors, doclens }: ReportInputs,
  queries: QuerySet,
  k: number,
  display: ProgressDisplay,
  signal: AbortSignal,
): Promise<{ ranked: Ranked[]; seconds: number }> {
  const { exactMaxSim } = await import("@maxsimd/native");
  const onDone = countedProgress(display, "exact", queries.count);
  const started = performance.now();
  const ranked: Ranked[] = [];
  for (let from = 0; from < queries.count; from += AT_ONCE) {
    const some = sliceQueries(queries, from, Math.min(queries.count, from + AT_ONCE));
    const result = await exactMaxSim(vectors, doclens, some.tokens, some.offsets, k, { signal });
    ranked.push(...rankings(result, some.count));
    onDone(ranked.length);
  }
  return { ranked, seconds: (performance.now() - started) / 1000 };
}
