// `npm run gates [-- --json] [--only ID,…] [--long] [--quick] [--seed N]`: measures every promise, and prints one table. `--quick` does all
// of it a twentieth as often, to try a change.

import { availableParallelism, loadavg } from "node:os";
import { parseArgs } from "node:util";
import { isWithin } from "./gate.js";
import { GATES } from "./gates.js";
import { runGates } from "./run-gates.js";
import { renderTable } from "./table.js";

if (process.platform !== "linux")
  throw new Error(`the gates read /proc and run on Linux only, got ${process.platform}`);

const { values } = parseArgs({
  options: {
    json: { type: "boolean", default: false },
    long: { type: "boolean", default: false },
    quick: { type: "boolean", default: false },
    only: { type: "string", multiple: true, default: [] },
    seed: { type: "string", default: "1" },
  },
});
const only = values.only.flatMap((ids) => ids.toUpperCase().split(","));
const unknown = only.filter((id) => !GATES.some((gate) => gate.id === id));
if (unknown.length > 0) {
  throw new Error(`no gate is called ${unknown.join(", ")}: there are ${GATES.map(({ id }) => id).join(", ")}`);
}
const seed = Number(values.seed);
if (!Number.isSafeInteger(seed)) throw new Error(`expected --seed, a whole number, got ${values.seed}`);

const machine = `${availableParallelism()} cores, load average ${loadavg()[0]?.toFixed(1)} before`;
const verdicts = await runGates(
  GATES.filter(({ id }) => only.length === 0 || only.includes(id)),
  {
    long: values.long,
    quick: values.quick,
    seed,
    onVerdict: ({ id, passed, seconds, promise, figures }) => {
      console.error(`${passed ? "pass" : "FAIL"}  ${id}  ${seconds.toFixed(0)} s  ${promise}`);
      for (const { what, got, most, least, unit = "" } of figures.filter((figure) => !isWithin(figure))) {
        console.error(
          `      ${what}: ${got} ${unit}, expected at ${most === undefined ? `least ${least}` : `most ${most}`}`,
        );
      }
    },
  },
);
const order = GATES.map(({ id }) => id);
verdicts.sort((a, b) => order.indexOf(a.id) - order.indexOf(b.id));
const failed = verdicts.filter(({ passed }) => !passed);
if (values.json) {
  console.log(JSON.stringify({ seed, long: values.long, machine, verdicts }));
} else {
  console.log(renderTable(verdicts));
  for (const { id, promise, failure, figures } of failed) {
    const cases = figures.flatMap((figure) => figure.cases ?? []);
    console.log(
      [`\n${id} does not hold: ${promise}`, ...cases, ...(failure === undefined ? [] : [failure])].join("\n  "),
    );
  }
  // Figures of time say little of a machine that has more to do than it has cores.
  console.log(`\nseed ${seed}, ${machine}\n${verdicts.length - failed.length} gates passed, ${failed.length} failed`);
}
process.exitCode = failed.length === 0 ? 0 : 1;
