import { SEARCH_DEFAULTS, type SearchParams } from "@maxsimd/native";

/** The two numbers that trade time for recall. */
export interface Setting {
  /** Centroids gathered per query token. */
  readonly kCentroids: number;
  /** Most documents scored on their codes. */
  readonly kDocsToScore: number;
}

/** Numbers to try, each with each. */
export interface Grid {
  readonly kCentroids: readonly number[];
  readonly kDocsToScore: readonly number[];
}

/** Numbers to try where none are given. */
export const DEFAULT_GRID: Grid = {
  kCentroids: [2, 5, 10, 20, 40, 80],
  kDocsToScore: [10, 20, 50, 100, 200, 500, 1000],
};

/**
 * Every pair of the grid, and with the numbers of `params`, whose pair is the used one. Numbers beyond what the index has
 * are one setting again and again, and left out.
 */
export function settingsOf(
  grid: Grid,
  params: SearchParams,
  { documents, centroids }: { documents: number; centroids: number },
): { settings: Setting[]; used: Setting } {
  const gathered = params.kCentroids ?? SEARCH_DEFAULTS.kCentroids;
  const scored = params.kDocsToScore ?? SEARCH_DEFAULTS.kDocsToScore;
  const settings = ascending(grid.kCentroids, gathered, centroids).flatMap((kCentroids) =>
    ascending(grid.kDocsToScore, scored, documents).map((kDocsToScore) => ({ kCentroids, kDocsToScore })),
  );
  const used = settings.find(({ kCentroids, kDocsToScore }) => kCentroids === gathered && kDocsToScore === scored);
  return { settings, used: used as Setting };
}

function ascending(values: readonly number[], used: number, most: number): number[] {
  return [...new Set([...values.filter((value) => value < most), used])].sort((a, b) => a - b);
}
