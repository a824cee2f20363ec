/** Token types by how often they occur: who gets one centroid, who two, and who shares the rest. */
export type Tier = "micro" | "small" | "active";

export const TIERS: readonly Tier[] = ["micro", "small", "active"];

/** Types with fewer tokens than `micro` are micro, with fewer than `small` small, the others active. */
export interface Thresholds {
  readonly micro: number;
  readonly small: number;
}

export function tierOf(count: number, { micro, small }: Thresholds): Tier {
  if (count < micro) return "micro";
  return count < small ? "small" : "active";
}
