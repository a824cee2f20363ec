import { SEARCH_DEFAULTS, type SearchParams } from "@maxsimd/native";

/** The two search parameters that trade time for recall. */
export interface Setting {
  /** Centroids gathered per query token. */
  readonly kCentroids: number;
  /** Most documents scored on their codes. */
  readonly kDocsToScore: number;
}

/** Values to try. Every pair is a setting. */
export interface Grid {
  readonly kCentroids: readonly number[];
  readonly kDocsToScore: readonly number[];
}

/** The values that are tried by default. */
export const DEFAULT_GRID: Grid = {
  kCentroids: [2, 5, 10, 20, 40, 80],
  kDocsToScore: [10, 20, 50, 100, 200, 500, 1000],
};

/**
 * Every pair of the grid, extended by the values of `params`, whose pair is the used setting. Values beyond the size of the
 * index are left out: they would all be the same setting.
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

function ascending(values: readonly number[], used: number, size: number): number[] {
  return [...new Set([...values.filter((value) => value < size), used])].sort((a, b) => a - b);
}
