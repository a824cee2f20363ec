import type { Tier } from "../tier.js";
import type { TokenTypeRow } from "../token-type-row.js";

/** An active type gets at least this number of centroids. */
export const ACTIVE_FLOOR = 4;
/** An active type gets at most one centroid per this number of tokens, or the floor. */
export const MIN_ROWS_PER_CENTROID = 39;

/** Types with the same count and the same number of centroids. */
export interface AllocationPoint {
  readonly tier: Tier;
  readonly count: number;
  readonly centroids: number;
  readonly types: number;
}

export interface Allocation {
  readonly floor: number;
  readonly rowsPerCentroid: number;
  /** Active types at the floor, at the cap, and between the two. A type whose cap is the floor counts as at the floor. */
  readonly atFloor: number;
  readonly atCap: number;
  readonly between: number;
  readonly points: readonly AllocationPoint[];
}

/** The most centroids that an active type can get. */
export function capOf(count: number): number {
  return Math.max(ACTIVE_FLOOR, Math.floor(count / MIN_ROWS_PER_CENTROID));
}

/** Counts and centroids of the types, with equal ones merged. */
export function allocationOf(rows: readonly TokenTypeRow[]): Allocation {
  const points = new Map<string, AllocationPoint>();
  for (const { tier, count, centroids } of rows) {
    const key = `${count} ${centroids}`;
    points.set(key, { tier, count, centroids, types: (points.get(key)?.types ?? 0) + 1 });
  }
  const active = rows.filter(({ tier }) => tier === "active");
  const atFloor = active.filter(({ centroids }) => centroids <= ACTIVE_FLOOR).length;
  const atCap = active.filter(({ centroids, count }) => centroids > ACTIVE_FLOOR && centroids >= capOf(count)).length;
  return {
    ...{ floor: ACTIVE_FLOOR, rowsPerCentroid: MIN_ROWS_PER_CENTROID },
    ...{ atFloor, atCap, between: active.length - atFloor - atCap },
    points: [...points.values()].sort((a, b) => a.count - b.count || a.centroids - b.centroids),
  };
}
