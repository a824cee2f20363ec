/** `npm run bench:reference`: this index beside the published package, from the same files. */

import { mkdirSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { kernels, version } from "@maxsimd/native";
import { compare } from "./compare.js";
import type { Both } from "./comparison.js";
import { DATASETS, type DatasetName, openDataset } from "./dataset.js";
import { prepareEnvironment, REFERENCE } from "./environment.js";
import { gates } from "./gates.js";
import { renderPage } from "./page.js";
import type { Side } from "./run-step.js";
import { showTable, tables } from "./tables.js";

/** bench/, from bench/dist/reference/main.js. */
const BENCH = fileURLToPath(new URL("../../", import.meta.url));
const OUT = join(BENCH, "out/reference");
const CACHE = join(BENCH, ".cache/reference");

/** All that the largest data set has: with 200 of them the standard error of a difference of recalls is 0.006 to 0.010. */
const MOST_QUERIES = 1000;

const USAGE = `npm run bench:reference [-- options]

Builds and searches with maxsimd and with ${REFERENCE.package} ${REFERENCE.version}, from the same files, and compares. Prints
tables, and writes JSON and a page with plots to bench/out/reference. Ends with 1 if a limit is not kept on
another data set than the sample. What a step gave is kept in bench/.cache/reference/work: a run that
was cut off goes on where it stopped.

  --datasets LIST   of ${DATASETS.join(", ")}; default sample,cranfield
  --same            build from the reference's clusters for debian too (always for the others)
  --help            show this

npm run bench:reference -- --datasets sample,cranfield,debian
`;

function chooseSides(): Both<Side> {
  const python = prepareEnvironment(CACHE);
  const script = join(BENCH, "reference/reference.py");
  const step = join(BENCH, "dist/reference/ours.js");
  return {
    ours: {
      name: "ours",
      command: [process.execPath, step],
      version: `maxsimd ${version()}, ${kernels()}, ${addon()}`,
    },
    reference: {
      name: "reference",
      command: [python, script],
      version: `${REFERENCE.package} ${REFERENCE.version}`,
    },
  };
}

/** When the native library was built: results that are kept hold for it alone. */
function addon(): string {
  const folder = dirname(dirname(fileURLToPath(import.meta.resolve("@maxsimd/native"))));
  const files = readdirSync(folder).filter((file) => file.endsWith(".node"));
  return files.map((file) => statSync(join(folder, file)).mtime.toISOString().slice(0, 19)).join(" ");
}

async function main(names: readonly DatasetName[], same: boolean): Promise<void> {
  const datasets = names.map((name) => openDataset(name, BENCH));
  const sides = chooseSides();
  mkdirSync(OUT, { recursive: true });
  for (const dataset of datasets) {
    const started = performance.now();
    const say = (what: string) => {
      const seconds = ((performance.now() - started) / 1000).toFixed(0);
      process.stderr.write(`${dataset.name}, ${seconds} s: ${what}\n`);
    };
    const settings = {
      queries: MOST_QUERIES,
      same: same || dataset.name !== "debian",
      say,
    };
    const comparison = await compare(dataset, sides, join(CACHE, "work", dataset.name), settings);
    const judged = gates(comparison);
    writeFileSync(
      join(OUT, `${dataset.name}.json`),
      `${JSON.stringify({ ...comparison, gates: judged }, undefined, 2)}\n`,
    );
    writeFileSync(join(OUT, `${dataset.name}.html`), await renderPage(comparison));
    console.log(`\n# ${dataset.name}\n\n${tables(comparison).map(showTable).join("\n\n")}`);
    // The limits are for whole collections; of the sample's 60 queries a single document is 0.0017 of recall.
    if (dataset.name !== "sample" && judged.some(({ fails }) => fails)) process.exitCode = 1;
  }
  console.log(`\nJSON and pages: ${OUT}`);
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
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) console.log(USAGE);
  else await main(parseDatasets(values.datasets), values.same);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
