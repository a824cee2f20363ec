/** `npm run bench:ghz`: load tests of a served sample with ghz, unary and streamed. */

import { spawn, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { MaxsimClient } from "@maxsimd/client";
import { start } from "@maxsimd/server";
import { queryTokens, readSample, type Sample } from "../demo/sample.js";
import { prepareIndex } from "../demo/sample-index.js";
import { currentCircumstances } from "../record/circumstances.js";
import { BenchmarkRecord } from "../record/record.js";
import { findGhz } from "./find-ghz.js";
import { countErrors, type GhzReport, recordReport, showSummary } from "./ghz-report.js";
import { writePayloads } from "./make-payloads.js";

/** bench/, from bench/dist/ghz/main.js. */
const BENCH = fileURLToPath(new URL("../../", import.meta.url));
const OUT = join(BENCH, "out/ghz");

const USAGE = `npm run bench:ghz [-- options]

Runs the configurations of bench/ghz on the sample: 10,000 unary calls and 1,000 streamed queries. Prints ghz's
summaries, writes its reports to bench/out/ghz, and a record to bench/records/ghz-sample.csv. The exit code is 1 if any
call failed.

  --address HOST:PORT   a server that serves the sample, for which no record is written; by default one is started on a free port
  --records FOLDER      where the record is written; default bench/records
  --help                show this

npm run bench:ghz
npm run bench:ghz -- --address 127.0.0.1:50051
`;

async function main(address: string | undefined, records: string): Promise<void> {
  const ghz = findGhz(join(BENCH, ".cache/bin"));
  const record = new BenchmarkRecord("ghz", "sample", currentCircumstances(`ghz ${version(ghz)}`));
  const sample = await readSample(join(BENCH, "sample"));
  writePayloads(sample.queries, OUT);
  if (address !== undefined) return runAll(ghz, address, sample, record, undefined);
  const index = await prepareIndex(sample, join(BENCH, ".cache/demo"));
  const log = { level: "warn", format: "text" } as const;
  // With the default of 50 ms a pause of a busy machine is a refusal of its callers; here it is latency.
  const limits = { queueMs: 1000 };
  const server = await start({ data: index.catalog, port: 0, metrics: "127.0.0.1:0", log, limits });
  try {
    await runAll(ghz, server.dataAddress, sample, record, server.metricsAddress);
    console.log(`\n${record.save(records)}`);
  } finally {
    await server.drain();
  }
}

/** ghz prints its version on standard error. */
function version(ghz: string): string {
  return spawnSync(ghz, ["--version"], { encoding: "utf8" }).stderr.trim();
}

async function runAll(
  ghz: string,
  address: string,
  sample: Sample,
  record: BenchmarkRecord,
  metrics: string | undefined,
): Promise<void> {
  await checkQueries(address, sample);
  for (const name of ["search", "search-stream"]) {
    const before = await queriesSearched(metrics);
    const report = await runGhz(ghz, address, name);
    recordReport(record, name, report);
    console.log(`\n${name} (${join("bench/ghz", `${name}.json`)})\n\n${showSummary(report)}`);
    // ghz counts streams. The server counts the queries in them.
    if (metrics !== undefined) console.log(`\nQueries searched:\t${(await queriesSearched(metrics)) - before}`);
    if (countErrors(report) > 0) process.exitCode = 1;
  }
}

/** ghz sees whether a stream fails, but not whether a query in it does. So each query is sent once before. */
async function checkQueries(address: string, sample: Sample): Promise<void> {
  const client = await MaxsimClient.connect(address);
  try {
    const queries = sample.questions.map((_, position) => ({ query: queryTokens(sample, position) }));
    for await (const outcome of client.searchStream(queries)) if (outcome.error !== undefined) throw outcome.error;
  } finally {
    client.close();
  }
}

/** Number of queries that the server has searched so far, from its metrics. */
async function queriesSearched(metrics: string | undefined): Promise<number> {
  if (metrics === undefined) return 0;
  const text = await (await fetch(`http://${metrics}/metrics`)).text();
  return Number(/^maxsimd_task_queries_sum (\d+)$/m.exec(text)?.[1] ?? Number.NaN);
}

async function runGhz(ghz: string, address: string, name: string): Promise<GhzReport> {
  const output = join(OUT, `${name}.json`);
  const config = join(BENCH, "ghz", `${name}.json`);
  // The configurations name their payload relative to the root of the repository.
  const child = spawn(ghz, [`--config=${config}`, "--format=json", `--output=${output}`, address], {
    cwd: dirname(BENCH.replace(/[/\\]$/, "")),
    stdio: ["ignore", "inherit", "inherit"],
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on("error", reject).on("close", resolve);
  });
  if (code !== 0) throw new Error(`ghz ended with code ${code}: see what it says above`);
  return JSON.parse(readFileSync(output, "utf8"));
}

try {
  const { values } = parseArgs({
    options: {
      address: { type: "string" },
      records: { type: "string", default: join(BENCH, "records") },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) console.log(USAGE);
  else await main(values.address, values.records);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
