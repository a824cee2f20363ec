/** `npm run bench:duplicates`: what an index finds in corpora that repeat themselves, as a table. Ends with 1 if a row is not met. */

import { fileURLToPath } from "node:url";
import { datasetFiles } from "@maxsimd/report/dataset";
import { FULL_SIZES, findings, isMet } from "./cases.js";
import { readSampleCorpus } from "./sample-corpus.js";

/** bench/sample, from bench/dist/duplicates/main.js. */
const SAMPLE = fileURLToPath(new URL("../../sample", import.meta.url));

const COLUMNS = [62, 30, 8, 7, 7, 6] as const;

function row(...cells: string[]): string {
  return cells.map((cell, i) => (i < 2 ? cell.padEnd(COLUMNS[i] ?? 0) : cell.padStart(COLUMNS[i] ?? 0))).join(" ");
}

console.log(row("corpus", "asked", "queries", "empty", "right", "must"));
for await (const finding of findings(FULL_SIZES, await readSampleCorpus(SAMPLE), await datasetFiles(SAMPLE))) {
  const { corpus, asked, queries, empty, right, must } = finding;
  const verdict = isMet(finding) ? "" : "  not met";
  console.log(row(corpus, asked, `${queries}`, `${empty}`, right.toFixed(3), must.toFixed(2)) + verdict);
  if (!isMet(finding)) process.exitCode = 1;
}
