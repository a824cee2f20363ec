import type { Tier } from "../tier.js";
import type { TokenTypeRow } from "../token-type-row.js";

/** An active type never gets fewer centroids. */
export const ACTIVE_FLOOR = 4;
/** An active type gets no more than a centroid for so many tokens, above the floor. */
export const MIN_ROWS_PER_CENTROID = 39;

/** How many centroids types of a certain count got. */
export interface AllocationPoint {
  readonly tier: Tier;
  readonly count: number;
  readonly centroids: number;
  /** Types with just these numbers. */
  readonly types: number;
}

export interface Allocation {
  readonly floor: number;
  readonly rowsPerCentroid: number;
  /** Active types at the floor, at the cap, and between the two; one whose cap is the floor counts as at the floor. */
  readonly atFloor: number;
  readonly atCap: number;
  readonly between: number;
  readonly points: readonly AllocationPoint[];
}

/** Most centroids of an active type. */
export function capOf(count: number): number {
  return Math.max(ACTIVE_FLOOR, Math.floor(count / MIN_ROWS_PER_CENTROID));
}

/** Counts against centroids, types with the same numbers together. */
export function allocationOf(rows: readonly TokenTypeRow[]): Allocation {
  const points = new Map<string, { tier: Tier; count: number; centroids: number; types: number }>();
  for (const { tier, count, centroids } of rows) {
    const key = `${count} ${centroids}`;
    const point = points.get(key);
    if (point === undefined) points.set(key, { tier, count, centroids, types: 1 });
    else point.types += 1;
  }
  const active = rows.filter(({ tier }) => tier === "active");
  const atFloor = active.filter(({ centroids }) => centroids <= ACTIVE_FLOOR).length;
  const atCap = active.filter(({ centroids, count }) => centroids > ACTIVE_FLOOR && centroids >= capOf(count)).length;
  return {
    floor: ACTIVE_FLOOR,
    rowsPerCentroid: MIN_ROWS_PER_CENTROID,
    ...{ atFloor, atCap, between: active.length - atFloor - atCap },
    points: [...points.values()].sort((a, b) => a.count - b.count || a.centroids - b.centroids),
  };
}
