/** `npm run bench:collection`: what segments, changes and filters cost, and what filters find. */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { currentCircumstances } from "../record/circumstances.js";
import { benchmarkCommand } from "../record/command.js";
import { BenchmarkRecord } from "../record/record.js";
import { markdown } from "../record/table.js";
import { readCorpus } from "./corpus.js";
import { measureFilters } from "./filters.js";
import { measureSegments } from "./segments.js";
import { changeTable, filterTable, segmentTable } from "./tables.js";

/** bench/, from bench/dist/collection/main.js. */
const BENCH = fileURLToPath(new URL("../../", import.meta.url));

const USAGE = `npm run bench:collection [-- options]

Takes full Cranfield (make it with npm run datasets -- cranfield). Adds its documents to a collection in 1, 2, 7 and 50 segments, in
different orders, and compares ids, scores, recall and latency. Measures changes. Compares filtered searches with exact MaxSim over the
documents that match. Prints tables and writes a record (bench/records/collection-cranfield.csv). It takes about two minutes.

  --records FOLDER   where the record is written; default bench/records
  --help             show this

npm run bench:collection
npm run bench:tables     # then prints the tables of bench/README.md from the record
`;

async function main(records: string): Promise<void> {
  const corpus = await readCorpus(join(BENCH, "data/cranfield"));
  const record = new BenchmarkRecord("collection", "cranfield", currentCircumstances());
  const folder = mkdtempSync(join(tmpdir(), "maxsimd-bench-collection-"));
  try {
    writeFileSync(join(folder, "current"), "papers\n");
    await measureSegments(record, corpus, folder);
    await measureFilters(record, corpus, folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
  for (const table of [segmentTable, changeTable, filterTable]) console.log(`\n${markdown(table([record]))}`);
  console.log(`\n${record.save(records)}`);
}

await benchmarkCommand(USAGE, join(BENCH, "records"), main);
