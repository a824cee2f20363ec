/** Numbers of segments that the same documents are put into. */
export const SEGMENTS = [1, 2, 7, 50];

/** Shares of the documents that match a filter. */
export const SHARES = [1, 0.5, 0.1, 0.01, 0.001];
