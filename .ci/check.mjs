// `npm run check [-- name…]`: every static check, or those named. Each failure says what is wrong and how to fix it.

import { readdirSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { install } from "./install.mjs";
import { runMain } from "./setup.mjs";
import { root } from "./tree.mjs";

/**
 * Each file of checks/ is one check: `what` it holds, the `fix`, and `find()`, which resolves to the problems found, as text.
 */
async function loadChecks(names) {
  const files = readdirSync(join(root, ".ci/checks")).filter((file) => file.endsWith(".mjs"));
  const known = files.map((file) => file.slice(0, -".mjs".length)).sort();
  const unknown = names.filter((name) => !known.includes(name));
  if (unknown.length > 0) throw new Error(`no check is called ${unknown.join(", ")}: there are ${known.join(", ")}`);
  const wanted = names.length > 0 ? names : known;
  return Promise.all(wanted.map(async (name) => ({ name, ...(await import(`./checks/${name}.mjs`)) })));
}

async function runCheck({ name, what, fix, find }) {
  const started = Date.now();
  let problems;
  try {
    problems = await find();
  } catch (error) {
    problems = [`the check itself failed: ${error.message}`];
  }
  const seconds = ((Date.now() - started) / 1000).toFixed(1);
  if (problems.length === 0) {
    console.log(`ok    ${name}: ${what} (${seconds} s)`);
    return true;
  }
  console.log(`FAIL  ${name}: ${what} (${seconds} s)`);
  for (const problem of problems) console.log(problem.replace(/^/gm, "        "));
  console.log(`      fix: ${fix}`);
  return false;
}

await runMain(async () => {
  // First: checks import packages.
  await install();
  const checks = await loadChecks(process.argv.slice(2));
  const waiting = [...checks];
  const outcomes = [];
  const work = async () => {
    for (let check = waiting.shift(); check !== undefined; check = waiting.shift()) {
      outcomes.push(await runCheck(check));
    }
  };
  // Two at a time: most of them wait for one process that keeps one core busy.
  await Promise.all([work(), work()]);
  const failed = outcomes.filter((ok) => !ok).length;
  console.log(`${outcomes.length - failed} checks passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
});
