/** `npm run bench:collection`: what segments, changes, filters and reasons cost, and what they give. */

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { currentCircumstances } from "../record/circumstances.js";
import { benchmarkCommand } from "../record/command.js";
import { BenchmarkRecord } from "../record/record.js";
import { markdown } from "../record/table.js";
import { DATASETS, openDataset } from "../reference/dataset.js";
import { measureChanges, measureSpace } from "./changes.js";
import { readCorpus } from "./corpus.js";
import { measureDrift } from "./drift.js";
import { measureFilters } from "./filters.js";
import { measureReasons } from "./reasons.js";
import { measureSegments } from "./segments.js";
import { measureServed } from "./served.js";
import { changeTable, driftTable, filterTable, reasonTable, segmentTable } from "./tables.js";

/** bench/, from bench/dist/collection/main.js. */
const BENCH = fileURLToPath(new URL("../../", import.meta.url));

const USAGE = `npm run bench:collection [-- options]

Takes a data set (make it with npm run datasets -- cranfield). Adds its documents to a collection in 1, 2, 7 and 50 segments, in
different orders, and compares ids, scores, recall and latency. Measures changes, alone and beside searches. Compares filtered searches with
exact MaxSim over the documents that match. Explains hits, and asks for 1,000 pairs of a query and a document why the document is missing.
Trains codecs with fewer or other documents and measures what they cost.
Prints tables and writes a record (bench/records/collection-cranfield.csv). It takes about 3 minutes, with Debian about 20.

  --dataset NAME     one of ${DATASETS.join(", ")}; default cranfield
  --records FOLDER   where the record is written; default bench/records
  --help             show this

npm run bench:collection -- --dataset debian
npm run bench:tables     # then prints the tables of bench/README.md from the records
`;

async function main(records: string, dataset: string): Promise<void> {
  const name = DATASETS.find((known) => known === dataset);
  if (name === undefined) throw new Error(`--dataset: expected one of ${DATASETS.join(", ")}, got "${dataset}"`);
  const source = dirname(openDataset(name, BENCH).vectors);
  const corpus = await readCorpus(source);
  const record = new BenchmarkRecord("collection", name, currentCircumstances());
  const data = mkdtempSync(join(tmpdir(), "maxsimd-bench-collection-"));
  const folder = join(data, "papers");
  const say = (what: string): void => void process.stderr.write(`${name}: ${what}\n`);
  try {
    mkdirSync(folder);
    writeFileSync(join(folder, "current"), "papers\n");
    say("segments");
    await measureSegments(record, corpus, folder);
    say("changes");
    await measureChanges(record, corpus, folder);
    say("filters");
    await measureFilters(record, corpus, folder);
    say("reasons");
    await measureReasons(record, corpus, folder);
    say("searches beside upserts");
    await measureServed(record, source, data);
    say("drift");
    await measureDrift(record, corpus, await readCorpus(join(BENCH, "sample")), folder);
    say("space");
    await measureSpace(record, corpus, folder);
  } finally {
    rmSync(data, { recursive: true });
  }
  for (const table of [segmentTable, changeTable, filterTable, reasonTable, driftTable])
    console.log(`\n${markdown(table([record]))}`);
  console.log(`\n${record.save(records)}`);
}

await benchmarkCommand(USAGE, join(BENCH, "records"), main, "cranfield");
