import { availableParallelism } from "node:os";
import type { Index, SearchParams } from "@maxsimd/native";
import { type QuerySet, sliceQueries } from "../dataset/queries.js";
import { percentile } from "../evaluation/metrics.js";
import { histogram } from "../histogram.js";
import { countedProgress, type Work } from "../work.js";
import { fastestPass } from "./fastest-pass.js";

/** The least number of searches that are timed one by one: a percentile of fewer is not reliable. */
const LEAST_SEARCHES = 200;
const BINS = 36;

/** How fast queries are answered: one after another, and as a batch on more and more threads. */
export interface Throughput {
  /** Searches that were timed one by one. */
  readonly searches: number;
  readonly p50Milliseconds: number;
  readonly p99Milliseconds: number;
  /** Histogram of the times, up to 1.5 times the 99th percentile; bounds in milliseconds. */
  readonly bins: readonly { from: number; to: number; searches: number }[];
  readonly batches: readonly BatchNumbers[];
}

export interface BatchNumbers {
  readonly threads: number;
  readonly queriesPerSecond: number;
  /** Of the fastest pass over all queries. */
  readonly seconds: number;
  readonly passes: number;
}

/** Measures latency and throughput. */
export async function measureThroughput(
  index: Index,
  queries: QuerySet,
  params: SearchParams,
  work: Work,
): Promise<Throughput> {
  const { signal } = work;
  const batch = (numThreads: number) =>
    index.batchSearch(queries.tokens, queries.count, { ...params, offsets: queries.offsets, numThreads, signal });
  const rounds = Math.ceil(LEAST_SEARCHES / queries.count);
  const onDone = countedProgress(work, "search", rounds * queries.count);
  const milliseconds: number[] = [];
  // The first search of each query is not timed: it may have to read the file from disk.
  await batch(1);
  for (let round = 0; round < rounds; round++) {
    for (let i = 0; i < queries.count; i++) {
      signal.throwIfAborted();
      const { tokens } = sliceQueries(queries, i, i + 1);
      const started = performance.now();
      await index.search(tokens, params);
      milliseconds.push(performance.now() - started);
      onDone(milliseconds.length);
    }
  }
  const batches: BatchNumbers[] = [];
  for (const threads of threadCounts()) {
    const { seconds, passes } = await fastestPass(() => batch(threads));
    batches.push({ threads, queriesPerSecond: queries.count / seconds, seconds, passes });
  }
  return {
    searches: milliseconds.length,
    p50Milliseconds: percentile(milliseconds, 0.5),
    p99Milliseconds: percentile(milliseconds, 0.99),
    bins: binned(milliseconds),
    batches,
  };
}

/** The powers of two below the number of threads, and that number. */
function threadCounts(): number[] {
  const all = availableParallelism();
  const powers = Array.from({ length: 8 }, (_, i) => 2 ** i).filter((threads) => threads < all);
  return [...powers, all];
}

function binned(values: readonly number[]): Throughput["bins"] {
  const width = (1.5 * percentile(values, 0.99)) / BINS;
  const searches = histogram(values, BINS, width);
  return searches.map((count, bin) => ({ from: bin * width, to: (bin + 1) * width, searches: count }));
}
