/** Numbers of segments that the same documents are put into. */
export const SEGMENTS = [1, 2, 7, 50];

/** Shares of the documents that match a filter. */
export const SHARES = [1, 0.5, 0.1, 0.01, 0.001, 0.0001];

/** Documents of a large upsert. */
export const BULK = 10_000;

/** Documents of each of many upserts. */
export const TOGETHER = 100;

/** What a codec is trained with: shares of the documents, and the documents of another collection. */
export const TRAINED = [1, 0.5, 0.1, 0.01, "other"] as const;
