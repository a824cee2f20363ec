import { existsSync } from "node:fs";
import { join } from "node:path";
import { changeTable, driftTable, filterTable, reasonTable, segmentTable } from "../collection/tables.js";
import { pylateTable, recipesTable } from "../frameworks/tables.js";
import { kernelTable } from "../kernels/table.js";
import { corpusTable, freshTable } from "../python/tables.js";
import {
  equalRecallTable,
  fixedRecallTable,
  gateTable,
  gridTable,
  measuredTable,
  summaryTable,
} from "../reference/tables.js";
import { servingTable, stationTable } from "../serving/tables.js";
import { callTable, deviationTable, endingTable } from "../tools/tables.js";
import { BenchmarkRecord } from "./record.js";
import { markdown, type Table } from "./table.js";

/** The documents with tables of records, relative to the root. */
export const TABLE_DOCUMENTS = [
  "README.md",
  "bench/README.md",
  "bench/reference/README.md",
  "bench/tools/README.md",
  "clients/python/README.md",
];

const LARGE = ["reference-cranfield", "reference-debian"];
const ALL = ["reference-sample", ...LARGE];
const COLLECTIONS = ["collection-cranfield", "collection-debian"];

/** The tables by the name in their marker, and the records that each shows. */
const TABLES: Record<string, [(records: BenchmarkRecord[]) => Table, records: string[]]> = {
  summary: [summaryTable, LARGE.toReversed()],
  limits: [gateTable, ALL],
  measured: [measuredTable, ALL],
  grid: [gridTable, LARGE],
  "equal-recall": [equalRecallTable, LARGE],
  "fixed-recall": [fixedRecallTable, LARGE],
  circumstances: [circumstancesTable, ALL],
  kernels: [kernelTable, ["kernels-arrays"]],
  segments: [segmentTable, COLLECTIONS],
  changes: [changeTable, COLLECTIONS],
  filters: [filterTable, COLLECTIONS],
  reasons: [reasonTable, COLLECTIONS],
  drift: [driftTable, COLLECTIONS],
  serving: [servingTable, ["serving-sample"]],
  stations: [stationTable, ["serving-sample"]],
  corpus: [corpusTable, ["python-corpus"]],
  conformance: [endingTable, ["tools-h2spec"]],
  deviations: [deviationTable, ["tools-h2spec"]],
  calls: [callTable, ["tools-calls"]],
  fresh: [freshTable, ["python-sample"]],
  pylate: [pylateTable, ["pylate-cranfield"]],
  recipes: [recipesTable, ["recipes-readme"]],
};

/**
 * The document with each table between `<!-- table NAME -->` and `<!-- end -->` printed from the records in `folder`.
 *
 * @throws for a name that is not a table
 */
export function fillTables(text: string, folder: string): string {
  return text.replace(/(<!-- table (\S+) -->\n).*?(\n?<!-- end -->)/gs, (_, begin: string, name: string) => {
    const [table, records] = TABLES[name] ?? [];
    if (table === undefined || records === undefined) {
      throw new Error(`no table is called ${name}: expected one of ${Object.keys(TABLES).join(", ")}`);
    }
    const paths = records.map((record) => join(folder, `${record}.csv`)).filter(existsSync);
    return `${begin}\n${markdown(table(paths.map((path) => BenchmarkRecord.load(path))))}\n\n<!-- end -->`;
  });
}

/** Where and when each data set was measured. */
function circumstancesTable(records: BenchmarkRecord[]): Table {
  const rows = records.map(
    ({ dataset, circumstances: { date, commit, machine, system, kernels, node, rustc, packages } }) => [
      ...[dataset, date, commit, machine, kernels],
      [system, node && `Node ${node}`, rustc && `rustc ${rustc}`, packages].filter((part) => part !== "").join(", "),
    ],
  );
  return { head: ["", "date", "commit", "machine", "kernels", "versions"], rows };
}
