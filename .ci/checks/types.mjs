// Every package, in the order of its project references, and every test file.

import { report, run } from "../tree.mjs";

export const what = "TypeScript, strict";
export const fix = "correct the types; npm run build:ts shows the same";

export async function find() {
  return report(await run("tsc", ["-b", "tsconfig.json", "tsconfig.tests.json", "--pretty", "false"]));
}
