/** The token types of a corpus, by ascending vocabulary id. */
export interface TokenTypes {
  readonly ids: Uint32Array;
  readonly counts: Uint32Array;
  /** Position in `ids` of each token's type. */
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

/**
 * Number of centroids of each type. Centroids are laid out by type: those of a type begin at the smallest that one of its
 * tokens is assigned to, and end where those of the next type begin.
 */
export function allocationOf({ ids, typeOf }: TokenTypes, assignments: Uint32Array, centroids: number): Uint32Array {
  const first = new Uint32Array(ids.length + 1).fill(0xffffffff);
  first[ids.length] = centroids;
  for (const [token, type] of typeOf.entries()) {
    first[type] = Math.min(first[type] as number, assignments[token] as number);
  }
  return ids.map((_, type) => (first[type + 1] as number) - (first[type] as number));
}
