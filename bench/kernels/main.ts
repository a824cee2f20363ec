/** `npm run bench:kernels`: times every kernel on every backend with Criterion. */

import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { currentCircumstances } from "../record/circumstances.js";
import { benchmarkCommand } from "../record/command.js";
import { BenchmarkRecord } from "../record/record.js";
import { markdown } from "../record/table.js";
import { recordEstimates } from "./criterion-estimates.js";
import { kernelTable } from "./table.js";

/** bench/, from bench/dist/kernels/main.js. */
const BENCH = fileURLToPath(new URL("../../", import.meta.url));
const NATIVE = join(BENCH, "../native");

const USAGE = `npm run bench:kernels [-- options]

Times every inner loop of the engine (native/core/benches/kernels.rs) on every backend that this processor supports, one thread,
after comparing each output with that of the portable backend. Prints the times, and writes a record
(bench/records/kernels-arrays.csv). It takes about two minutes.

  --records FOLDER   where the record is written; default bench/records
  --help             show this

npm run bench:kernels
npm run bench:tables     # then prints the table of bench/README.md from the record
`;

function main(records: string): void {
  const { status } = spawnSync("cargo", ["bench", "--locked", "--package=maxsimd-core", "--bench=kernels"], {
    cwd: NATIVE,
    stdio: "inherit",
  });
  if (status !== 0) throw new Error("cargo bench failed: see what it says above");
  const record = new BenchmarkRecord("kernels", "arrays", currentCircumstances());
  recordEstimates(record, join(NATIVE, "target/criterion"));
  console.log(`\n${markdown(kernelTable([record]))}\n\n${record.save(records)}`);
}

await benchmarkCommand(USAGE, join(BENCH, "records"), main);
