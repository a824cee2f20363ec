import type { Index, SearchParams } from "@maxsimd/native";
import type { Judgements } from "../dataset/judgements.js";
import type { QuerySet } from "../dataset/queries.js";
import { qualityOf, recallsOf } from "../evaluation/measure.js";
import { mean } from "../evaluation/metrics.js";
import { type Ranked, rankings } from "../evaluation/rankings.js";
import { countedProgress, type Work } from "../work.js";
import { type Grid, type Setting, settingsOf } from "./settings.js";

/** Rounds over all settings at most, and the seconds after which the second and a later round no longer begins. */
const MOST_ROUNDS = 5;
const SECOND_WITHIN_SECONDS = 15;
const FURTHER_WITHIN_SECONDS = 5;

/** Recall and latency of a setting. */
export interface SweepPoint extends Setting {
  readonly recall10: number;
  /** Null without judgements. */
  readonly ndcg10: number | null;
  /** Time per query in the fastest pass, on one thread. */
  readonly milliseconds: number;
  /** The setting that the rest of the report uses. */
  readonly used: boolean;
  /** No setting that is at least as fast reaches the same recall. */
  readonly best: boolean;
}

/** The index and the queries that settings are tried on, and what their rankings are compared with. */
export interface SweepTask {
  readonly index: Index;
  readonly queries: QuerySet;
  /** The search parameters. The sweep replaces two of them. */
  readonly params: SearchParams;
  readonly exact: readonly Ranked[];
  readonly judgements: Judgements | undefined;
}

/**
 * Tries every pair of the two parameters that trade time for recall. Each round runs all settings once, so that a temporary
 * load on the machine slows one pass of each setting and not all passes of one.
 */
export async function sweepParameters(
  { index, queries, params, exact, judgements }: SweepTask,
  grid: Grid,
  work: Work,
): Promise<SweepPoint[]> {
  const { settings, used } = settingsOf(grid, params, index.info);
  const common = { ...params, k: 10, offsets: queries.offsets, numThreads: 1, signal: work.signal };
  const search = async ({ kCentroids, kDocsToScore }: Setting) => {
    const started = performance.now();
    const result = await index.batchSearch(queries.tokens, queries.count, { ...common, kCentroids, kDocsToScore });
    return { result, milliseconds: (performance.now() - started) / queries.count };
  };
  const began = performance.now();
  const points: Omit<SweepPoint, "best">[] = [];
  const onFirst = countedProgress(work, "sweep", settings.length);
  for (const setting of settings) {
    const { result, milliseconds } = await search(setting);
    const ranked = rankings(result, queries.count);
    const recall10 = mean(recallsOf(ranked, exact));
    const ndcg10 = qualityOf(ranked, judgements)?.ndcg10 ?? null;
    points.push({ ...setting, recall10, ndcg10, milliseconds, used: setting === used });
    onFirst(points.length);
  }
  for (let round = 1; round < MOST_ROUNDS; round++) {
    const within = round === 1 ? SECOND_WITHIN_SECONDS : FURTHER_WITHIN_SECONDS;
    if (performance.now() - began > 1000 * within) break;
    const onAgain = countedProgress(work, "time again", settings.length);
    for (const [i, point] of points.entries()) {
      const { milliseconds } = await search(point);
      points[i] = { ...point, milliseconds: Math.min(point.milliseconds, milliseconds) };
      onAgain(i + 1);
    }
  }
  const front = bestOf(points);
  return points.map((point) => ({ ...point, best: front.has(point) }));
}

/** The Pareto front: from fast to slow, each point with a higher recall than all faster ones. */
export function bestOf<T extends { milliseconds: number; recall10: number }>(points: readonly T[]): Set<T> {
  const front = new Set<T>();
  let highest = -1;
  for (const point of [...points].sort((a, b) => a.milliseconds - b.milliseconds || b.recall10 - a.recall10)) {
    if (point.recall10 <= highest) continue;
    highest = point.recall10;
    front.add(point);
  }
  return front;
}
