/** Stands where a ranking has fewer documents than places. */
const FREE_PLACE = 0xffffffff;

/** Documents of one query, best first, with their scores. */
export interface Ranked {
  readonly docIds: Uint32Array;
  readonly scores: Float32Array;
}

/** Divides the answer to many queries into one ranking each, without the unfilled places. */
export function rankings({ docIds, scores }: Ranked, queries: number): Ranked[] {
  const places = docIds.length / queries;
  return Array.from({ length: queries }, (_, query) => {
    const ids = docIds.subarray(query * places, (query + 1) * places);
    const free = ids.indexOf(FREE_PLACE);
    const filled = free === -1 ? places : free;
    return { docIds: ids.subarray(0, filled), scores: scores.subarray(query * places, query * places + filled) };
  });
}
