import type { SearchParams, Tachiom } from "@maxsimd/native";
import type { Judgements } from "../dataset/judgements.js";
import type { QuerySet } from "../dataset/query-set.js";
import { qualityOf } from "../evaluation/measure.js";
import { mean, recall } from "../evaluation/metrics.js";
import { type Ranked, rankings } from "../evaluation/rankings.js";
import { countedProgress, type Work } from "../work.js";
import { type Grid, type Setting, settingsOf } from "./settings.js";

/** Rounds over all settings at most, and the seconds after which no second one begins, and none after that. */
const MOST_ROUNDS = 5;
const SECOND_WITHIN_SECONDS = 15;
const FURTHER_WITHIN_SECONDS = 5;

/** What a setting reaches, and what it costs. */
export interface SweepPoint extends Setting {
  readonly recall10: number;
  /** Null without judgements. */
  readonly ndcg10: number | null;
  /** A query of the fastest pass, on one thread. */
  readonly milliseconds: number;
  /** The setting that the rest of the report uses. */
  readonly used: boolean;
  /** No setting that is as fast reaches as much. */
  readonly best: boolean;
}

/** What settings are tried on, and measured by. */
export interface SweepTask {
  readonly index: Tachiom;
  readonly queries: QuerySet;
  /** Parameters that stay as they are; the two of the grid among them are the used ones. */
  readonly params: SearchParams;
  readonly exact: readonly Ranked[];
  readonly judgements: Judgements | undefined;
}

/**
 * Tries every pair of the two numbers that trade time for recall. Passes go round all settings, so that what else the
 * machine does for a while slows a pass of each, not all passes of one.
 */
export async function sweepParameters(
  { index, queries, params, exact, judgements }: SweepTask,
  grid: Grid,
  work: Work,
): Promise<SweepPoint[]> {
  const { settings, used } = settingsOf(grid, params, index.info);
  const search = ({ kCentroids, kDocsToScore }: Setting) => {
    const setting = { ...params, kCentroids, kDocsToScore, k: 10 };
    const options = { ...setting, offsets: queries.offsets, numThreads: 1, signal: work.signal };
    return index.batchSearch(queries.tokens, queries.count, options);
  };
  const began = performance.now();
  const points: Omit<SweepPoint, "best">[] = [];
  const onFirst = countedProgress(work, "sweep", settings.length);
  for (const setting of settings) {
    const started = performance.now();
    const result = await search(setting);
    const milliseconds = (performance.now() - started) / queries.count;
    points.push({
      ...setting,
      ...judge(rankings(result, queries.count), exact, judgements),
      milliseconds,
      used: setting === used,
    });
    onFirst(points.length);
  }
  for (let round = 1; round < MOST_ROUNDS; round++) {
    const within = round === 1 ? SECOND_WITHIN_SECONDS : FURTHER_WITHIN_SECONDS;
    if (performance.now() - began > 1000 * within) break;
    const onAgain = countedProgress(work, "time again", settings.length);
    for (const [i, point] of points.entries()) {
      const started = performance.now();
      await search(point);
      const milliseconds = (performance.now() - started) / queries.count;
      points[i] = { ...point, milliseconds: Math.min(point.milliseconds, milliseconds) };
      onAgain(i + 1);
    }
  }
  const front = bestOf(points);
  return points.map((point) => ({ ...point, best: front.has(point) }));
}

function judge(ranked: readonly Ranked[], exact: readonly Ranked[], judgements: Judgements | undefined) {
  return {
    recall10: mean(ranked.map(({ docIds }, query) => recall(docIds, (exact[query] as Ranked).docIds, 10))),
    ndcg10: judgements === undefined ? null : (qualityOf(ranked, judgements)?.ndcg10 ?? null),
  };
}

/** Going from fast to slow, each that reaches more than all before it. */
export function bestOf<T extends { milliseconds: number; recall10: number }>(points: readonly T[]): Set<T> {
  const front = new Set<T>();
  let most = -1;
  for (const point of [...points].sort((a, b) => a.milliseconds - b.milliseconds || b.recall10 - a.recall10)) {
    if (point.recall10 <= most) continue;
    most = point.recall10;
    front.add(point);
  }
  return front;
}
