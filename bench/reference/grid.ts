import type { Point } from "./steps.js";
import type { BuildParameters } from "./variants.js";

/** A point of the grid, with the name under which its parameters are known. */
export interface NamedPoint extends Point {
  readonly name: string;
  /** One of the three settings that tachiom's authors publish for MS MARCO. */
  readonly published: boolean;
}

function point(name: string, kCentroids: number, kDocsToScore: number, efSearch: number, alpha: number | null) {
  return { name, published: name.startsWith("MS MARCO"), k: 10, kCentroids, kDocsToScore, efSearch, alpha };
}

/** From cheap to costly: settings that are known by name, and some outside their range on either side. */
export const GRID: readonly NamedPoint[] = [
  point("least", 4, 50, 6, 0.45),
  point("few centroids 1", 3, 100, 4, 0.45),
  point("few centroids 2", 4, 150, 6, 0.45),
  point("few centroids 3", 6, 300, 8, 0.45),
  point("few centroids 4", 8, 300, 12, 0.45),
  point("few centroids 5", 10, 300, 15, 0.45),
  point("small", 8, 100, 12, 0.45),
  point("small, unpruned", 10, 50, 15, null),
  point("few documents", 20, 50, 30, null),
  point("LoTTE 1", 20, 200, 30, 0.4),
  point("MS MARCO 1", 20, 250, 30, 0.45),
  point("LoTTE 2", 20, 300, 30, 0.4),
  point("default", 20, 500, 30, 0.45),
  point("LoTTE 3", 25, 500, 40, 0.4),
  point("MS MARCO 2", 30, 250, 45, 0.35),
  point("MS MARCO 3", 40, 500, 60, 0.35),
  point("most", 64, 1000, 96, null),
];

/** Scores as many documents as it can, for correlations. */
export function widePoint(documents: number): Point {
  const k = Math.min(documents, 2000);
  return { k, kCentroids: 100, kDocsToScore: k, efSearch: 150, alpha: null };
}

/** The parameters of a figure that was measured at a point. */
export function atPoint(build: BuildParameters, { kCentroids, kDocsToScore, efSearch, alpha }: Point) {
  return { ...build, k_centroids: kCentroids, k_docs: kDocsToScore, ef: efSearch, alpha };
}

export function showPoint({ kCentroids, kDocsToScore, efSearch, alpha }: Point): string {
  return `${kCentroids} / ${kDocsToScore} / ${efSearch} / ${alpha ?? "none"}`;
}
