import { type Thresholds, tierOf } from "@maxsimd/report";
import type { TokenTypes } from "./token-types.js";

/** An active token type: what its share of the centroids follows from. */
export interface ActiveType {
  /** Tokens of the type. */
  readonly count: number;
  /** Mean squared distance of its tokens to their mean. */
  readonly spread: number;
}

const FLOOR = 4;
const ROWS_PER_CENTROID = 39;
/** Fractions closer than this may be in either order, because the two engines sum in different precision. */
const TIE = 1e-6;

/** Counts the types whose numbers of centroids differ, and those among them for which the formulas leave the order open. */
export function compareShares(
  { ids, counts }: TokenTypes,
  spreads: readonly number[],
  thresholds: Thresholds,
  budget: number,
  ours: Uint32Array,
  reference: Uint32Array,
): { differing: number; ties: number } {
  const tiers = Array.from(counts, (count) => tierOf(count, thresholds));
  const fixed = tiers.filter((tier) => tier === "micro").length + 2 * tiers.filter((tier) => tier === "small").length;
  const active = [...tiers.keys()].filter((type) => tiers[type] === "active");
  const rows = active.map((type) => ({ count: counts[type] as number, spread: spreads[type] as number }));
  const tied = tiedTypes(rows, budget - fixed);
  const ties = new Set(active.filter((_, i) => tied[i]));
  const differing = [...ids.keys()].filter((type) => ours[type] !== reference[type]);
  return { differing: differing.length, ties: differing.filter((type) => ties.has(type)).length };
}

/**
 * For each active type, whether a tie decides its number of centroids.
 *
 * 1. The ideal share of a type is in proportion to sqrt(count) · spread, at least FLOOR.
 * 2. It is rounded, and capped at count / ROWS_PER_CENTROID.
 * 3. What remains of the budget is given one centroid a type and pass, by falling fraction of the ideal share; what exceeds
 *    it is taken back by falling share.
 *
 * In the last pass, some of the types with equal rank may get (or lose) one and others may not. The formulas do not say which.
 */
export function tiedTypes(types: readonly ActiveType[], budget: number): boolean[] {
  const total = types.reduce((sum, type) => sum + score(type), 0);
  const ideals = types.map((type) =>
    Math.max(FLOOR, total > 0 ? (budget * score(type)) / total : budget / types.length),
  );
  const caps = types.map(({ count }) => Math.max(FLOOR, Math.floor(count / ROWS_PER_CENTROID)));
  const starts = ideals.map((ideal, i) => Math.min(Math.round(ideal), caps[i] as number));
  const given = starts.reduce((sum, share) => sum + share, 0);
  const shares = [...starts];
  if (given > budget)
    return dealTurns(starts, given - budget, 0, (i) => (shares[i] as number) > FLOOR, shares, -1).tied;
  const fractions = ideals.map((ideal) => ideal - Math.floor(ideal));
  const belowCap = (i: number) => (shares[i] as number) < (caps[i] as number);
  const { tied, left } = dealTurns(fractions, budget - given, TIE, belowCap, shares, 1);
  return left === 0 ? tied : dealTurns(fractions, left, TIE, () => true, shares, 1).tied;
}

function score({ count, spread }: ActiveType): number {
  return Math.sqrt(count) * spread;
}

/**
 * Passes over the types by falling rank, and adds `step` to the share of each that `mayTake` another turn, until no turn is
 * left or no type may take one. A type ties if the last pass ended between it and another of equal rank.
 */
function dealTurns(
  ranks: readonly number[],
  turns: number,
  tolerance: number,
  mayTake: (i: number) => boolean,
  shares: number[],
  step: 1 | -1,
): { tied: boolean[]; left: number } {
  const order = ranks.map((_, i) => i).sort((a, b) => (ranks[b] as number) - (ranks[a] as number));
  let left = turns;
  let taken: number[] = [];
  let missed: number[] = [];
  while (left > 0) {
    const eligible = order.filter(mayTake);
    taken = eligible.slice(0, left);
    missed = eligible.slice(left);
    if (taken.length === 0) break;
    for (const i of taken) shares[i]! += step;
    left -= taken.length;
  }
  const alike = (i: number, others: number[]) =>
    others.some((j) => Math.abs((ranks[i] as number) - (ranks[j] as number)) <= tolerance);
  const tied = new Set([...taken.filter((i) => alike(i, missed)), ...missed.filter((i) => alike(i, taken))]);
  return { tied: ranks.map((_, i) => tied.has(i)), left };
}
