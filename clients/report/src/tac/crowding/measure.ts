import type { TokenTypeRow } from "../token-type-row.js";

const SHOWN = 12;

/** A type, with the mean number of tokens per centroid. */
export interface CrowdedType extends TokenTypeRow {
  readonly tokensPerCentroid: number;
}

export interface Crowding {
  /** Most tokens per centroid, of all types. */
  readonly most: readonly CrowdedType[];
  /** Fewest tokens per centroid, of the active types: the other types have few tokens by definition. */
  readonly least: readonly CrowdedType[];
  /** Most centroids. */
  readonly largest: readonly CrowdedType[];
  /** Largest spread, of the active types. */
  readonly widest: readonly CrowdedType[];
}

/** The extreme types. Ties are ordered by frequency, then by id. */
export function findCrowded(rows: readonly TokenTypeRow[]): Crowding {
  const types = rows.map((row) => ({ ...row, tokensPerCentroid: row.count / row.centroids }));
  const active = types.filter(({ tier }) => tier === "active");
  const first = (of: readonly CrowdedType[], order: (a: CrowdedType, b: CrowdedType) => number) =>
    [...of].sort((a, b) => order(a, b) || b.count - a.count || a.tokenId - b.tokenId).slice(0, SHOWN);
  return {
    most: first(types, (a, b) => b.tokensPerCentroid - a.tokensPerCentroid),
    least: first(active, (a, b) => a.tokensPerCentroid - b.tokensPerCentroid),
    largest: first(types, (a, b) => b.centroids - a.centroids),
    widest: first(active, (a, b) => b.spread - a.spread),
  };
}
