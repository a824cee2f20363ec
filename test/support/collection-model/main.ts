// `npm run model -- --operations 1000000 --seed 7`: the model test for as long as one likes.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { runModel } from "./run-model.js";

const { values } = parseArgs({
  options: { operations: { type: "string", default: "1000000" }, seed: { type: "string", default: "1" } },
});
const [operations, seed] = [Number(values.operations), Number(values.seed)];
if (!(operations >= 1) || !Number.isSafeInteger(seed)) {
  throw new Error(`expected --operations of at least 1 and --seed, a whole number, got ${operations} and ${seed}`);
}
const folder = mkdtempSync(join(tmpdir(), "maxsimd-model-"));
console.log(`${operations} operations with seed ${seed} in ${folder}`);
let shown = 0;
const run = await runModel(folder, { operations, seed }, (run) => {
  if (run.operations < shown) return;
  shown = run.operations + operations / 20;
  console.log(`${run.operations} operations, ${run.changes} changes, ${run.kills} kills`);
});
console.log(`the collection equals the dictionary after ${JSON.stringify(run)}`);
// After a failure the folder stays, to be looked at.
rmSync(folder, { recursive: true });
