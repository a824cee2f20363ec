/** `npm run bench:serving`: what serving adds to a search. */

import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { start } from "@maxsimd/server";
import { readSample } from "../demo/sample.js";
import { prepareIndex, restoreCatalog } from "../demo/sample-index.js";
import { currentCircumstances } from "../record/circumstances.js";
import { benchmarkCommand } from "../record/command.js";
import { BenchmarkRecord } from "../record/record.js";
import { markdown } from "../record/table.js";
import { measureServing } from "./measure.js";
import { servingTable, stationTable } from "./tables.js";

/** bench/, from bench/dist/serving/main.js. */
const BENCH = fileURLToPath(new URL("../../", import.meta.url));

const USAGE = `npm run bench:serving [-- options]

Serves the sample with one worker, and compares queries over gRPC with the same queries in this process: the time of a unary
query, and the rate of a stream. A second process is the client. Prints both, and where the queries spent their time, and writes
a record (bench/records/serving-sample.csv). It takes about a minute.

  --records FOLDER   where the record is written; default bench/records
  --help             show this

npm run bench:serving
npm run bench:tables     # then prints the tables of bench/README.md from the record
`;

async function main(records: string): Promise<void> {
  const sample = await readSample(join(BENCH, "sample"));
  const index = await prepareIndex(sample, join(BENCH, ".cache/demo"));
  await restoreCatalog(index);
  const server = await start({ data: index.catalog, port: 0, workers: 1, log: { level: "warn", format: "text" } });
  try {
    const record = new BenchmarkRecord("serving", "sample", currentCircumstances());
    const file = join(index.catalog, index.index, `${index.version}.maxsim`);
    await measureServing(record, sample, file, server.dataAddress);
    console.log(`\n${[servingTable, stationTable].map((table) => markdown(table([record]))).join("\n\n")}`);
    console.log(`\n${record.save(records)}`);
  } finally {
    await server.drain();
  }
}

await benchmarkCommand(USAGE, join(BENCH, "records"), main);
