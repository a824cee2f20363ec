import { addon } from "./addon.js";
import { threadCount } from "./build-options.js";
import { withSignal } from "./cancel.js";
import { awaitNative } from "./errors.js";
import { whole } from "./numbers.js";
import type { SearchResult } from "./tachiom.js";
import { type Tokens, tokenBytes } from "./tokens.js";

/**
 * Exact MaxSim over the original vectors (`.npy`, f16), the yardstick: scores and document ids, `k` places a query, padded.
 * Query `i` has the rows `offsets[i]` to `offsets[i + 1]`.
 */
export async function exactMaxSim(
  vectors: string,
  doclens: string,
  queries: Tokens,
  offsets: BigUint64Array,
  k: number,
  options: { numThreads?: number; signal?: AbortSignal } = {},
): Promise<SearchResult> {
  const { bytes, half } = tokenBytes(queries);
  const places = whole("k", k, 1);
  const threads = threadCount(options.numThreads);
  return withSignal(options.signal, (flag) =>
    awaitNative(() => addon.exactSearch(vectors, doclens, bytes, half, offsets, places, threads, flag)),
  );
}
