/** Searches of a server while documents are upserted, compared with searches while nothing else happens. */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { median, quantile } from "simple-statistics";
import type { BenchmarkRecord } from "../record/record.js";
import type { Work } from "./client.js";
import { TOGETHER } from "./points.js";

const ROUNDS = 5;
const SECONDS = 6;

/**
 * Serves the catalog `data` with one worker. One client searches, one query at a time; in every second phase another one upserts, one call
 * of documents at a time. Each client is a process of its own.
 *
 * @param dataset the folder that both take queries and documents from
 */
export async function measureServed(record: BenchmarkRecord, dataset: string, data: string): Promise<void> {
  const admin = `unix:${join(data, "admin.sock")}`;
  const server = await startServer(data, admin);
  const searching = startClient(dataset, server.address, "search");
  const upserting = startClient(dataset, admin, "upsert");
  const [quiet, busy, rates]: [number[], number[], number[]] = [[], [], []];
  try {
    for (let round = 0; round <= ROUNDS; round++) {
      const alone = await searching.run(SECONDS);
      const [beside, upserts] = await Promise.all([searching.run(SECONDS), upserting.run(SECONDS)]);
      // The first round warms up.
      if (round === 0) continue;
      quiet.push(quantile([...alone.milliseconds], 0.99));
      busy.push(quantile([...beside.milliseconds], 0.99));
      rates.push((TOGETHER * upserts.milliseconds.length) / upserts.seconds);
    }
  } finally {
    searching.end();
    upserting.end();
    await server.end();
  }
  const add = (metric: string, unit: string, values: number[]): void =>
    record.add("maxsimd", {}, metric, unit, median(values), Math.min(...values), Math.max(...values));
  add("p99", "ms", quiet);
  add("p99 during upserts", "ms", busy);
  const ratios = busy.map((time, round) => time / (quiet[round] ?? time));
  add("p99 ratio", "", ratios);
  add("upserts beside searches", "1/s", rates);
}

/** A server in a process of its own; its log goes to standard error, except for the line that says where it listens. */
async function startServer(data: string, admin: string) {
  const main = fileURLToPath(new URL("main.js", import.meta.resolve("@maxsimd/server")));
  const flags = ["--data", data, "--port", "0", "--admin", admin, "--workers", "1", "--log-format", "json"];
  const child = spawn(process.execPath, [main, ...flags], { stdio: ["ignore", "ignore", "pipe"] });
  const ended = once(child, "exit");
  const lines = createInterface({ input: child.stderr });
  const address = await new Promise<string>((resolve, reject) => {
    lines.on("line", (line) => {
      const { data: listening } = JSON.parse(line) as { data?: string };
      if (listening !== undefined) resolve(listening);
    });
    void ended.then(() => reject(new Error("the server ended before it listened")));
  });
  return {
    address,
    end: async (): Promise<void> => {
      child.kill("SIGTERM");
      await ended;
    },
  };
}

function startClient(dataset: string, address: string, kind: "search" | "upsert") {
  const script = fileURLToPath(new URL("client.js", import.meta.url));
  const child = spawn(process.execPath, [script, dataset, address, kind], { stdio: ["pipe", "pipe", "inherit"] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    run: async (seconds: number): Promise<Work> => {
      child.stdin.write(`${seconds}\n`);
      const { value, done } = await lines.next();
      if (done === true) throw new Error("the client ended: its error is above");
      return JSON.parse(value) as Work;
    },
    end: () => child.stdin.end(),
  };
}
