/** `npm run bench:tables`: prints the tables of the READMEs from the records, between markers in the documents. */

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { fillTables, TABLE_DOCUMENTS } from "./fill-tables.js";

/** The clone, from bench/dist/record/print-tables.js. */
const ROOT = fileURLToPath(new URL("../../../", import.meta.url));

for (const document of TABLE_DOCUMENTS) {
  const path = join(ROOT, document);
  const before = readFileSync(path, "utf8");
  const after = fillTables(before, join(ROOT, "bench/records"));
  if (after !== before) writeFileSync(path, after);
  console.log(`${document}: ${after === before ? "unchanged" : "written"}`);
}
