/** `npm run bench:reference`: compares maxsimd with the published package, from the same files. */

import { mkdirSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { kernels, version } from "@maxsimd/native";
import { currentCircumstances } from "../record/circumstances.js";
import { BenchmarkRecord } from "../record/record.js";
import { markdown } from "../record/table.js";
import { compare } from "./compare.js";
import { DATASETS, type DatasetName, openDataset } from "./dataset.js";
import { prepareEnvironment, REFERENCE } from "./environment.js";
import { gates } from "./gates.js";
import { comparisonPage } from "./page.js";
import type { Side } from "./run-step.js";
import { TABLES } from "./tables.js";
import type { ByEngine } from "./variants.js";

/** bench/, from bench/dist/reference/main.js. */
const BENCH = fileURLToPath(new URL("../../", import.meta.url));
const OUT = join(BENCH, "out/reference");
const CACHE = join(BENCH, ".cache/reference");
const PACKAGE = `${REFERENCE.package} ${REFERENCE.version}`;

const USAGE = `npm run bench:reference [-- options]

Builds and searches with maxsimd and with ${PACKAGE}, from the same files. Prints what was measured, and writes a record
(bench/records/reference-NAME.csv) and a page with plots (bench/out/reference/NAME.html) for each data set. Exits with 1 if
a limit is not kept on a data set other than the sample. Results of each step are kept in
bench/.cache/reference/work, so that an interrupted run continues where it stopped.

  --datasets LIST    of ${DATASETS.join(", ")}; default sample,cranfield
  --same             build from the reference's clusters on debian too (always done on the others)
  --records FOLDER   where records are written; default bench/records
  --help             show this

npm run bench:reference -- --datasets sample,cranfield,debian
npm run bench:tables                                            # then prints the READMEs' tables from the records
`;

function chooseSides(): ByEngine<Side> {
  const ours = [process.execPath, join(BENCH, "dist/reference/ours.js")];
  const reference = [prepareEnvironment(CACHE), join(BENCH, "reference/reference.py")];
  return {
    maxsimd: { engine: "maxsimd", command: ours, version: `${version()}, ${kernels()}, ${addonTime()}` },
    tachiom: { engine: "tachiom", command: reference, version: PACKAGE },
  };
}

/** When the native library was built: results that are kept are valid for this build alone. */
function addonTime(): string {
  const folder = dirname(dirname(fileURLToPath(import.meta.resolve("@maxsimd/native"))));
  const files = readdirSync(folder).filter((file) => file.endsWith(".node"));
  return files.map((file) => statSync(join(folder, file)).mtime.toISOString().slice(0, 19)).join(" ");
}

async function main(names: readonly DatasetName[], same: boolean, records: string): Promise<void> {
  const datasets = names.map((name) => openDataset(name, BENCH));
  const sides = chooseSides();
  mkdirSync(OUT, { recursive: true });
  for (const dataset of datasets) {
    const started = performance.now();
    const say = (what: string) => {
      const seconds = ((performance.now() - started) / 1000).toFixed(0);
      process.stderr.write(`${dataset.name}, ${seconds} s: ${what}\n`);
    };
    const record = new BenchmarkRecord("reference", dataset.name, currentCircumstances(PACKAGE));
    const work = join(CACHE, "work", dataset.name);
    await compare({ dataset, sides, work, record, say }, same || dataset.name !== "debian");
    const path = record.save(records);
    writeFileSync(join(OUT, `${dataset.name}.html`), await comparisonPage(record));
    const tables = Object.values(TABLES).map((table) => markdown(table([record]), true));
    console.log(`\n# ${dataset.name}\n\n${tables.join("\n\n")}\n\n${path}`);
    // The limits are for whole collections: with the sample's 60 queries, one document is 0.0017 of recall.
    if (dataset.name !== "sample" && gates(record).some(({ fails }) => fails)) process.exitCode = 1;
  }
}

function parseDatasets(list: string): DatasetName[] {
  return list.split(",").map((name) => {
    const known = DATASETS.find((dataset) => dataset === name);
    if (known === undefined) throw new Error(`--datasets: expected some of ${DATASETS.join(", ")}, got "${name}"`);
    return known;
  });
}

try {
  const { values } = parseArgs({
    options: {
      datasets: { type: "string", default: "sample,cranfield" },
      same: { type: "boolean", default: false },
      records: { type: "string", default: join(BENCH, "records") },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) console.log(USAGE);
  else await main(parseDatasets(values.datasets), values.same, values.records);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
