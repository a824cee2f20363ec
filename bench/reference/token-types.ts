/** Types of a corpus by ascending vocabulary id. */
export interface TokenTypes {
  readonly ids: Uint32Array;
  readonly counts: Uint32Array;
  /** Place in `ids` of each token's type. */
  readonly typeOf: Uint32Array;
}

export function tokenTypes(tokenIds: Uint32Array): TokenTypes {
  const ids = Uint32Array.from(new Set(tokenIds)).sort();
  const places = new Map(Array.from(ids, (id, place) => [id, place]));
  const typeOf = tokenIds.map((id) => places.get(id) as number);
  const counts = new Uint32Array(ids.length);
  for (const type of typeOf) counts[type]!++;
  return { ids, counts, typeOf };
}

export const TIERS = ["micro", "small", "active"] as const;
export type Tier = (typeof TIERS)[number];

/** A type of fewer tokens than `micro` gets one centroid, of fewer than `small` two, others share the rest. */
export function tierOf(count: number, micro: number, small: number): Tier {
  if (count < micro) return "micro";
  return count < small ? "small" : "active";
}

/**
 * Centroids of each type, from what a clustering gives: centroids are laid out by type, so a type's begin at the least
 * that one of its tokens is assigned to, and end where the next type's begin.
 */
export function allocationOf({ ids, typeOf }: TokenTypes, assignments: Uint32Array, centroids: number): Uint32Array {
  const first = new Uint32Array(ids.length + 1).fill(0xffffffff);
  first[ids.length] = centroids;
  for (const [token, type] of typeOf.entries()) {
    first[type] = Math.min(first[type] as number, assignments[token] as number);
  }
  return ids.map((_, type) => (first[type + 1] as number) - (first[type] as number));
}
