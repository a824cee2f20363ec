// Style and likely mistakes in TypeScript, JavaScript and JSON, by the rules of biome.json.

import { report, run } from "../tree.mjs";

export const what = "biome's lint rules and formatting";
export const fix = "npm run fix, then by hand what it cannot fix";

export async function find() {
  return report(await run("biome", ["ci", "--colors=off", "--max-diagnostics=50"]));
}
