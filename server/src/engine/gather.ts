import type { Query } from "./query.js";

/** The bytes of several queries, one after another, in a buffer of exactly their size. */
export interface Gathered {
  readonly data: Uint8Array;
  readonly rowCounts: Uint32Array;
}

/**
 * Copies queries into one buffer that can be transferred to a worker: the only copy of a query's bytes between the message
 * they came in and native code. The buffer is not zeroed first; every byte of it is written.
 */
export function gather(queries: readonly Query[]): Gathered {
  let bytes = 0;
  for (const query of queries) {
    bytes += query.data.byteLength;
  }
  // Not from Buffer's shared pool, whose buffer must not be transferred.
  const data = Buffer.allocUnsafeSlow(bytes);
  const rowCounts = new Uint32Array(queries.length);
  let at = 0;
  for (const [i, query] of queries.entries()) {
    data.set(query.data, at);
    at += query.data.byteLength;
    rowCounts[i] = query.rows;
  }
  return { data: new Uint8Array(data.buffer), rowCounts };
}
