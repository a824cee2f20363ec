import { availableParallelism } from "node:os";
import type { SearchParams, Tachiom } from "@maxsimd/native";
import { type QuerySet, sliceQueries } from "../dataset/query-set.js";
import { percentile } from "../evaluation/metrics.js";
import { countedProgress, type Work } from "../work.js";
import { fastestPass } from "./fastest-pass.js";

/** Searches by themselves to measure, at least; a percentile of fewer says little. */
const LEAST_SEARCHES = 200;
const BINS = 36;

/** How fast queries are answered: one after another, and as a batch on more and more threads. */
export interface Throughput {
  /** Searches that were timed by themselves, each after the other. */
  readonly searches: number;
  readonly p50Milliseconds: number;
  readonly p99Milliseconds: number;
  /** How many took how long, up to the 99th percentile and half as much again. */
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
  index: Tachiom,
  queries: QuerySet,
  params: SearchParams,
  work: Work,
): Promise<Throughput> {
  const rounds = Math.ceil(LEAST_SEARCHES / queries.count);
  const onDone = countedProgress(work, "search", rounds * queries.count);
  const milliseconds: number[] = [];
  // The first search of each is not timed: it may be the one that reads the file.
  await index.batchSearch(queries.tokens, queries.count, {
    ...params,
    offsets: queries.offsets,
    numThreads: 1,
    signal: work.signal,
  });
  for (let round = 0; round < rounds; round++) {
    for (let i = 0; i < queries.count; i++) {
      work.signal.throwIfAborted();
      const { tokens } = sliceQueries(queries, i, i + 1);
      const started = performance.now();
      await index.search(tokens, params);
      milliseconds.push(performance.now() - started);
      onDone(milliseconds.length);
    }
  }
  const batches: BatchNumbers[] = [];
  for (const threads of threadCounts()) {
    const options = { ...params, offsets: queries.offsets, numThreads: threads, signal: work.signal };
    const { seconds, passes } = await fastestPass(() => index.batchSearch(queries.tokens, queries.count, options));
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

/** 1, the powers of two, and all. */
function threadCounts(): number[] {
  const all = availableParallelism();
  const powers = [1, 2, 4, 8, 16, 32, 64, 128].filter((threads) => threads < all);
  return [...powers, all];
}

function binned(values: readonly number[]): Throughput["bins"] {
  const end = 1.5 * percentile(values, 0.99);
  const width = end / BINS;
  const searches = new Array<number>(BINS).fill(0);
  for (const value of values) {
    const bin = Math.floor(value / width);
    if (bin < BINS) searches[bin] = (searches[bin] as number) + 1;
  }
  return searches.map((count, bin) => ({ from: bin * width, to: (bin + 1) * width, searches: count }));
}
