import type { TokenTypeRow } from "../token-type-row.js";

const MOST_POINTS = 160;
const MILESTONES = [0.25, 0.5, 0.8, 0.9];

/** Shares of all centroids and of all tokens that the first `types` types hold together, 0 to 1. */
export interface BudgetPoint {
  readonly types: number;
  readonly centroidShare: number;
  readonly tokenShare: number;
}

export interface BudgetCurve {
  /** The fewest types that hold that share of the centroids. */
  readonly milestones: readonly { share: number; types: number }[];
  readonly points: readonly BudgetPoint[];
}

/** Cumulative shares over the types, those with the most centroids first. */
export function accumulateBudget(rows: readonly TokenTypeRow[]): BudgetCurve {
  const ordered = [...rows].sort((a, b) => b.centroids - a.centroids || b.count - a.count || a.tokenId - b.tokenId);
  const allCentroids = ordered.reduce((sum, { centroids }) => sum + centroids, 0);
  const allTokens = ordered.reduce((sum, { count }) => sum + count, 0);
  let [centroids, tokens] = [0, 0];
  const points = ordered.map((row, i) => {
    centroids += row.centroids;
    tokens += row.count;
    return { types: i + 1, centroidShare: centroids / allCentroids, tokenShare: tokens / allTokens };
  });
  const milestones = MILESTONES.map((share) => ({
    share,
    // The shares are rounded quotients: the tolerance keeps a rounding from missing the milestone.
    types: points.find((point) => point.centroidShare >= share - 1e-12)?.types ?? points.length,
  }));
  return { milestones, points: thin(points) };
}

/** Points at ranks that grow by a constant factor, since the axis is logarithmic. The first and the last point are kept. */
function thin(points: readonly BudgetPoint[]): BudgetPoint[] {
  const last = points.length;
  const ranks = Array.from({ length: MOST_POINTS }, (_, i) => Math.round(last ** (i / (MOST_POINTS - 1))));
  return last <= MOST_POINTS ? [...points] : [...new Set(ranks)].map((rank) => points[rank - 1] as BudgetPoint);
}
