import { spawn } from "node:child_process";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { Index, Searcher } from "@maxsimd/native";
import { sliceQueries } from "@maxsimd/report/dataset";
import { STATION_CHANNEL, STATIONS, type StationTime } from "@maxsimd/server";
import { max, median, min, sum } from "simple-statistics";
import type { Sample } from "../demo/sample.js";
import type { BenchmarkRecord } from "../record/record.js";
import type { Load } from "./load.js";
import { WAYS } from "./ways.js";

const ROUNDS = 5;
/** Queries of a round in this process. */
const SEARCHES = 1200;

type Way = (typeof WAYS)[number];

/** What one round measured, NaN where it measures nothing: queries per second, and milliseconds and CPU milliseconds of a query. */
interface Round {
  readonly rate: number;
  readonly p50: number;
  readonly clientCpu: number;
  readonly serverCpu: number;
  readonly stations: ReadonlyMap<StationTime["station"], number>;
}

/**
 * Searches in this process, by unary calls one at a time, and over a stream, alternating, in five rounds after one to warm up; which
 * comes first changes from round to round. This process serves at `address`, with one worker.
 *
 * @param file the index that the server serves
 */
export async function measureServing(record: BenchmarkRecord, sample: Sample, file: string, address: string) {
  const index = await Index.load(file);
  const searcher = new Searcher(index.id);
  const client = startClient(address);
  const run: Record<Way, () => Promise<Round>> = {
    native: async () => searchHere(searcher, sample),
    unary: () => client.run("unary"),
    stream: () => client.run("stream"),
  };
  const rounds: Record<Way, Round>[] = [];
  try {
    for (let round = 0; round <= ROUNDS; round++) {
      const measured: Partial<Record<Way, Round>> = {};
      for (const way of round % 2 === 0 ? WAYS : WAYS.toReversed()) measured[way] = await run[way]();
      if (round > 0) rounds.push(measured as Record<Way, Round>);
    }
  } finally {
    client.end();
    searcher.close();
    index.close();
  }
  recordRounds(record, rounds);
}

/** What is recorded of each way where it was measured. */
const FIGURES: readonly [metric: string, unit: string, of: (round: Round) => number][] = [
  ["rate", "1/s", ({ rate }) => rate],
  ["p50", "ms", ({ p50 }) => p50],
  ["client_cpu", "ms", ({ clientCpu }) => clientCpu],
  ["server_cpu", "ms", ({ serverCpu }) => serverCpu],
];

function recordRounds(record: BenchmarkRecord, rounds: readonly Record<Way, Round>[]): void {
  type Name = { way?: Way; station?: string };
  const add = (engine: string, name: Name, metric: string, unit: string, values: number[]) => {
    if (!values.some(Number.isNaN)) record.add(engine, name, metric, unit, median(values), min(values), max(values));
  };
  for (const way of WAYS) {
    const measured = rounds.map((round) => round[way]);
    for (const [metric, unit, of] of FIGURES) add("maxsimd", { way }, metric, unit, measured.map(of));
    for (const station of STATIONS) {
      const times = measured.map(({ stations }) => stations.get(station) ?? (way === "native" ? Number.NaN : 0));
      add("maxsimd", { way, station }, "time", "us", times);
    }
  }
  const ratios = rounds.map(({ stream, native }) => stream.rate / native.rate);
  add("stream/native", {}, "rate", "", ratios);
  const added = rounds.map(({ unary, native }) => unary.p50 - native.p50);
  add("unary-native", {}, "p50", "ms", added);
}

/** One query after another on this thread. */
function searchHere(searcher: Searcher, { queries }: Sample): Round {
  const milliseconds: number[] = [];
  const questions = Array.from({ length: queries.count }, (_, i) => {
    const { tokens, rows } = sliceQueries(queries, i, i + 1);
    const data = new Uint8Array(tokens.buffer, tokens.byteOffset, tokens.byteLength);
    return { data, dtype: tokens instanceof Uint16Array ? "f16" : "f32", rows: Uint32Array.of(rows) } as const;
  });
  for (let i = 0; i < SEARCHES; i++) {
    const { data, dtype, rows } = questions[i % questions.length]!;
    const started = performance.now();
    searcher.searchRaw(data, dtype, rows, {}, 0);
    milliseconds.push(performance.now() - started);
  }
  const [rate, p50] = [SEARCHES / (sum(milliseconds) / 1000), median(milliseconds)];
  return { rate, p50, clientCpu: Number.NaN, serverCpu: Number.NaN, stations: new Map() };
}

/** A client in a process of its own. */
function startClient(address: string) {
  const child = spawn(process.execPath, [fileURLToPath(new URL("load.js", import.meta.url)), address], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    run: async (way: "unary" | "stream"): Promise<Round> => {
      const times = new Map<StationTime["station"], number>();
      const listen = (message: unknown) => {
        const { station, micros } = message as StationTime;
        times.set(station, (times.get(station) ?? 0) + micros);
      };
      subscribe(STATION_CHANNEL, listen);
      const before = process.cpuUsage();
      child.stdin.write(`${way}\n`);
      const { value, done } = await lines.next();
      const { user, system } = process.cpuUsage(before);
      unsubscribe(STATION_CHANNEL, listen);
      if (done === true) throw new Error("the client ended: its error is above");
      const { queries, seconds, cpuSeconds, milliseconds }: Load = JSON.parse(value);
      return {
        rate: queries / seconds,
        p50: milliseconds.length === 0 ? Number.NaN : median([...milliseconds]),
        clientCpu: (1000 * cpuSeconds) / queries,
        serverCpu: (user + system) / 1000 / queries,
        stations: new Map([...times].map(([station, micros]) => [station, micros / queries])),
      };
    },
    end: () => child.stdin.end(),
  };
}
