import { formatCount } from "@maxsimd/report/format";
import type { Command } from "commander";
import { defineCommand, type Report, reporting } from "../command.js";
import {
  addCatalogIndexOptions,
  type CatalogIndexFlags,
  describeCurrent,
  openCatalogIndex,
} from "../destinations/catalog-index.js";
import { usageFailure } from "../failure.js";
import { type DocumentIdFlags, documentIds } from "../inputs/document-ids.js";
import type { Session } from "../session.js";

interface Flags extends CatalogIndexFlags, DocumentIdFlags {
  filter?: string;
  base?: string;
}

const EXAMPLES = [
  "maxsimd delete --catalog /srv/maxsimd --index papers --ids 2101.00027,2101.00312",
  "maxsimd delete --catalog /srv/maxsimd --index papers --ids-file withdrawn.txt --base 2026-11-24.3",
  "maxsimd delete --catalog /srv/maxsimd --index papers --filter 'year < 1990 and not (tags = \"survey\")'",
];

/** `maxsimd delete`: deletes documents of an index in a catalog folder, as one new version. */
export function deleteCommand(session: Session): Command {
  const command = defineCommand("delete", "delete documents of an index in a catalog", EXAMPLES);
  return addCatalogIndexOptions(command)
    .option("--ids <ids>", "ids of the documents, with commas between them")
    .option("--ids-file <file>", "ids of the documents, one on each line")
    .option("--filter <expression>", "delete the documents that match, as maxsimd search selects them")
    .option("--base <label>", "refuse to delete unless this version is current")
    .action(reporting(session, (flags: Flags) => deleteDocuments(flags)));
}

async function deleteDocuments(flags: Flags): Promise<Report> {
  const { index, base } = flags;
  if (flags.filter !== undefined) return deleteMatching(flags.filter, flags);
  const ids = documentIds(flags);
  const collection = await openCatalogIndex(flags);
  const { version, deleted } = await collection.delete(ids, { base });
  const absent = ids.length - deleted;
  const json = { index, version, deleted, absent };
  if (deleted === 0) {
    const text = `nothing to delete: no document of ${index} has an id of these ${formatCount(ids.length)}`;
    return { json, text: `${text}; version ${version} stays current` };
  }
  const left = absent === 0 ? "" : `; ${formatCount(absent)} of the ids belong to no document`;
  return { json, text: `deleted ${formatCount(deleted)} documents${left}\n${describeCurrent(index, version)}` };
}

/** Deletes the documents that match an expression. */
async function deleteMatching(expression: string, flags: Flags): Promise<Report> {
  const { index, base, ids, idsFile } = flags;
  if (ids !== undefined || idsFile !== undefined) {
    throw usageFailure('give either ids or --filter, not both; a filter can have ids: id in ("a", "b")');
  }
  // The grammar takes longer to load than the rest of the command takes.
  const { parseFilter } = await import("../inputs/filter-expression.js");
  const filter = parseFilter(expression);
  const collection = await openCatalogIndex(flags);
  const { version, deleted } = await collection.delete(filter, { base });
  const json = { index, version, deleted };
  if (deleted === 0) {
    return { json, text: `nothing to delete: no document of ${index} matches; version ${version} stays current` };
  }
  return { json, text: `deleted ${formatCount(deleted)} documents\n${describeCurrent(index, version)}` };
}
