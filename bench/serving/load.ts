/**
 * A client that `npm run bench:serving` runs as a process of its own: `load.js <address>`. For each line on standard input, `unary` or
 * `stream`, it sends the sample's queries and prints one line of JSON (`Load`).
 */

import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { MaxsimClient } from "@maxsimd/client";
import { queryTokens, readSample } from "../demo/sample.js";

/** Queries of one run. */
const QUERIES = { unary: 600, stream: 3000 } as const;

/** What a run of a client measured. */
export interface Load {
  readonly queries: number;
  readonly seconds: number;
  /** CPU time of the client's process. */
  readonly cpuSeconds: number;
  /** From call to answer, of each unary query. */
  readonly milliseconds: readonly number[];
}

const sample = await readSample(join(dirname(fileURLToPath(import.meta.url)), "../../sample"));
const tokens = sample.questions.map((_, position) => queryTokens(sample, position));
const client = await MaxsimClient.connect(process.argv[2] as string);

async function unary(count: number): Promise<number[]> {
  const milliseconds: number[] = [];
  for (let i = 0; i < count; i++) {
    const sent = performance.now();
    await client.search(tokens[i % tokens.length]!);
    milliseconds.push(performance.now() - sent);
  }
  return milliseconds;
}

async function stream(count: number): Promise<number[]> {
  const queries = Array.from({ length: count }, (_, i) => ({ query: tokens[i % tokens.length]! }));
  for await (const outcome of client.searchStream(queries)) if (outcome.error !== undefined) throw outcome.error;
  return [];
}

for await (const line of createInterface({ input: process.stdin })) {
  const queries = QUERIES[line as keyof typeof QUERIES];
  const before = process.cpuUsage();
  const started = performance.now();
  const milliseconds = line === "unary" ? await unary(queries) : await stream(queries);
  const seconds = (performance.now() - started) / 1000;
  const { user, system } = process.cpuUsage(before);
  const load: Load = { queries, seconds, cpuSeconds: (user + system) / 1e6, milliseconds };
  console.log(JSON.stringify(load));
}
client.close();
