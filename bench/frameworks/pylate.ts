/** `npm run bench:pylate`: PyLate's retriever on maxsimd, next to PyLate's own Tachiom index. */

import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { currentCircumstances } from "../record/circumstances.js";
import { benchmarkCommand } from "../record/command.js";
import { BenchmarkRecord } from "../record/record.js";
import { markdown } from "../record/table.js";
import { frameworkEnvironment, ROOT, runScript } from "./environment.js";
import { pylateTable } from "./tables.js";

const ENVIRONMENTS = join(tmpdir(), "maxsimd-frameworks");

/** How much lower than Tachiom's recall@10 and nDCG@10 ours may be. */
const MARGIN = 0.01;

const USAGE = `npm run bench:pylate [-- --records FOLDER] [-- --dataset NAME]

Builds Cranfield with maxsimd and with PyLate's TachiomIndex, and asks both 225 questions through PyLate: quality, agreement and times. Prints
a table, and writes a record (bench/records/pylate-cranfield.csv). Exits with 1 if recall@10 or nDCG@10 is more than ${MARGIN} below Tachiom's.

It needs the data set (npm run datasets -- cranfield) and a Python environment of about 5 GB, which it makes in
${ENVIRONMENTS} (TMPDIR moves it). It took 19 minutes on two cores with a load average of 12.
`;

interface EngineFigures {
  readonly "recall@10"?: number;
  readonly "ndcg@10": number;
  readonly score_error?: number;
  readonly "overlap@10"?: number;
  /** Seconds from arrays to an index that answers. */
  readonly build?: number;
  /** Milliseconds a query in each round: all queries in one call, and each in a call of its own. */
  readonly together?: number[];
  readonly alone?: number[];
}

interface Comparison {
  readonly packages: Record<string, string>;
  readonly engines: Record<string, EngineFigures>;
}

await benchmarkCommand(
  USAGE,
  join(ROOT, "bench/records"),
  (records, dataset) => {
    const folder = join(ROOT, "bench/data", dataset);
    if (!existsSync(folder)) throw new Error(`${folder} is missing: run \`npm run datasets -- ${dataset}\``);
    const python = frameworkEnvironment("pylate", ENVIRONMENTS);
    const [compared] = runScript<Comparison>(python, "compare_indexes.py", folder);
    if (compared === undefined) throw new Error("compare_indexes.py printed no figures");
    const packages = Object.entries(compared.packages).map((each) => each.join(" "));
    const record = new BenchmarkRecord("pylate", dataset, currentCircumstances(...packages));
    for (const [engine, figures] of Object.entries(compared.engines)) addFigures(record, engine, figures);
    console.log(`\n${markdown(pylateTable([record]), true)}\n\n${record.save(records)}`);
    for (const metric of ["recall@10", "ndcg@10"]) {
      if (record.value("maxsimd", {}, metric) < record.value("tachiom", {}, metric) - MARGIN) process.exitCode = 1;
    }
  },
  "cranfield",
);

function addFigures(record: BenchmarkRecord, engine: string, figures: EngineFigures): void {
  const { build, together = [], alone = [], ...quality } = figures;
  for (const [metric, value] of Object.entries(quality)) record.add(engine, {}, metric, "", value);
  if (build !== undefined) record.add(engine, {}, "build", "s", build);
  for (const [calls, rounds] of Object.entries({ together, alone })) {
    const sorted = rounds.toSorted((a, b) => a - b);
    const [low, value, high] = [sorted[0], sorted[sorted.length >> 1], sorted.at(-1)];
    if (value !== undefined) record.add(engine, { calls }, "query_time", "ms", value, low, high);
  }
}
