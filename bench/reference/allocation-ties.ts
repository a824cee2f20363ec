/** A type of the third tier as the sharing of the budget sees it. */
export interface ActiveType {
  /** Rows with the type. */
  readonly count: number;
  /** Mean squared distance of its rows to their mean. */
  readonly spread: number;
}

const FLOOR = 4;
const ROWS_PER_CENTROID = 39;
/** Two fractions closer than this may be in either order: the sides sum the spread in different precision. */
const TIE = 1e-6;

/**
 * Which active types tie where the sharing of `budget` centroids ends. Shares go by sqrt(count) · spread, rounded; what is
 * over is then taken (or given) one centroid a type and pass. In the last pass some types of the same rank have their turn
 * and others do not, and no formula says which: the larger start share goes first (or the larger fraction).
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
 * Passes over the types by falling rank until `turns` are taken or nobody may take one. Types tie where the last pass ended
 * among those of one rank: some had their turn, others, who might have taken one, had not.
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
