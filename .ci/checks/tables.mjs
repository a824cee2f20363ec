// Tables of measurements in the READMEs are what the records in bench/records say.

import { report, run } from "../tree.mjs";

export const what = "tables of measurements are printed from bench/records";
export const fix = "npm run bench:tables, and commit the documents";

export async function find() {
  return report(await run("vitest", ["run", "--reporter=dot", "bench/record/fill-tables.test.ts"]));
}
