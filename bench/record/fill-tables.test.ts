import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { fillTables, TABLE_DOCUMENTS } from "./fill-tables.js";

// The promise: the tables in the READMEs are what the records say. `npm run bench:tables` prints them.

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const RECORDS = join(ROOT, "bench/records");

test.each(TABLE_DOCUMENTS)("%s shows the records' figures", (document) => {
  const text = readFileSync(join(ROOT, document), "utf8");
  expect(text).toContain("<!-- table ");
  expect(text).toBe(fillTables(text, RECORDS));
});

test("text outside of the markers stays, and an unknown table is refused", () => {
  const text = "# A\n\n<!-- table summary -->\nold\n<!-- end -->\n\nB\n";
  const filled = fillTables(text, RECORDS);
  expect(filled).toMatch(/^# A\n\n<!-- table summary -->\n\n\| maxsimd, tachiom \|.*Debian.*\n\n<!-- end -->\n\nB\n$/s);
  expect(filled).not.toContain("old");
  expect(fillTables(filled, RECORDS)).toBe(filled);
  expect(() => fillTables("<!-- table nothing -->\n<!-- end -->", RECORDS)).toThrow(
    "no table is called nothing: expected one of summary",
  );
});
