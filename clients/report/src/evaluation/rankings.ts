/** Document id of a place that no document fills. */
const UNFILLED = 0xffffffff;

/** Documents of one query, best first, with their scores. */
export interface Ranked {
  readonly docIds: Uint32Array;
  readonly scores: Float32Array;
}

/** Splits the answer to many queries into one ranking each, without the unfilled places. */
export function rankings({ docIds, scores }: Ranked, queries: number): Ranked[] {
  const places = docIds.length / queries;
  return Array.from({ length: queries }, (_, query) => {
    const [start, end] = [query * places, (query + 1) * places];
    const unfilled = docIds.subarray(start, end).indexOf(UNFILLED);
    const filled = unfilled === -1 ? end : start + unfilled;
    return { docIds: docIds.subarray(start, filled), scores: scores.subarray(start, filled) };
  });
}
