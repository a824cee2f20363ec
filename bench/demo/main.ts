/** `npm start`: the sample from vectors to ranked answers, through a real server and client, and a report of the results. */

import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { MaxsimClient } from "@maxsimd/client";
import { evaluate, exactRankings } from "@maxsimd/report";
import { type RunningServer, start } from "@maxsimd/server";
import { runChanges } from "./changes.js";
import { showExplanation } from "./explanation.js";
import { type DemoOptions, parseOptions } from "./options.js";
import { makeReport, showQuestions, showTable } from "./report.js";
import { documentPieces, queryPieces, queryTokens, readSample, type Sample } from "./sample.js";
import { prepareIndex, restoreCatalog, type SampleIndex } from "./sample-index.js";
import { runOnOneStream } from "./stream-run.js";

/** bench/, from bench/dist/demo/main.js. */
const BENCH = fileURLToPath(new URL("../../", import.meta.url));

async function main(options: DemoOptions): Promise<void> {
  const sample = await readSample(join(BENCH, "sample"));
  const index = await prepareIndex(sample, join(BENCH, ".cache/demo"));
  await restoreCatalog(index);
  const server = await start({
    ...{ data: index.catalog, port: options.port, admin: "127.0.0.1:0" },
    log: { level: "warn", format: "text" },
  });
  const stopped = new Promise<void>((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, resolve);
  });
  try {
    const finished = report(server, sample, index, options);
    // After Ctrl-C the report fails when the server closes. Nothing waits for it then.
    finished.catch(() => undefined);
    await Promise.race([finished, stopped]);
    if (options.exit) return;
    // On standard error: with --json the report is the last line of standard output.
    console.error(`serving ${index.index} on ${server.dataAddress} until Ctrl-C`);
    await stopped;
  } finally {
    await server.drain();
    if (!options.exit) console.error("drained");
  }
}

async function report(server: RunningServer, sample: Sample, index: SampleIndex, options: DemoOptions): Promise<void> {
  const client = await MaxsimClient.connect(server.dataAddress, { index: index.index });
  try {
    const run = await runOnOneStream(client, sample);
    const work = { onProgress: () => undefined, signal: new AbortController().signal };
    const exact = await exactRankings(sample.files, sample.queries, 10, work);
    const numbers = makeReport(evaluate(run.rankings, exact.ranked, sample.judgements), index, run);
    console.log(showQuestions(sample, run));
    console.log(`\n${showTable(numbers)}\n`);
    console.log(`${await explainFirst(client, sample)}\n`);
    const times = await runChanges(client, String(server.adminAddress), sample, index, console.log);
    if (options.json) console.log(JSON.stringify({ ...numbers, ...times }));
  } finally {
    client.close();
  }
}

/** Why the best document for the first question has its score. */
async function explainFirst(client: MaxsimClient, sample: Sample): Promise<string> {
  const { hits } = await client.search(queryTokens(sample, 0), { k: 1, explain: true });
  const [hit] = hits;
  if (hit?.explanation === undefined) throw new Error("expected an explanation of the first hit, got nothing");
  const text = showExplanation(hit.explanation, documentPieces(sample, hit.docId), queryPieces(sample, 0));
  const why = `Document ${hit.id} is the first hit of the first question, with a score of ${hit.score.toFixed(3)}.`;
  return `${why} Words that match a word of the question are set off; then the strongest matches.\n${text}`;
}

try {
  const options = parseOptions(process.argv.slice(2));
  if (typeof options === "string") console.log(options);
  else await main(options);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
