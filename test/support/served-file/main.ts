// `npm run trials -- --trials 1000 --seed 7`: damages the file of a running server so often while clients search it.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { runTrials } from "./run-trials.js";

const { values } = parseArgs({
  options: { trials: { type: "string", default: "1000" }, seed: { type: "string", default: "1" } },
});
const [trials, seed] = [Number(values.trials), Number(values.seed)];
if (!(trials >= 1) || !Number.isSafeInteger(seed)) {
  throw new Error(`expected --trials of at least 1 and --seed, a whole number, got ${trials} and ${seed}`);
}
const folder = mkdtempSync(join(tmpdir(), "maxsimd-trials-"));
console.log(`${trials} trials with seed ${seed} in ${folder}`);
const onTrial = (trial: number, kind: string) => {
  if (trial % 100 === 0) console.log(`trial ${trial}: ${kind}`);
};
const result = await runTrials(folder, { trials, ms: Number.POSITIVE_INFINITY, seed, onTrial });
console.log(JSON.stringify(result, undefined, 2));
// After a failure the folder stays, to be looked at.
if (result.wrong.length > 0 || result.end !== "exit 0") process.exit(1);
rmSync(folder, { recursive: true });
