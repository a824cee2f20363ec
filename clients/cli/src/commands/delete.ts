import { formatCount } from "@maxsimd/report/format";
import type { Command } from "commander";
import { defineCommand, type Report, reporting } from "../command.js";
import {
  addCatalogIndexOptions,
  type CatalogIndexFlags,
  describeCurrent,
  openCatalogIndex,
} from "../destinations/catalog-index.js";
import { type DocumentIdFlags, documentIds } from "../inputs/document-ids.js";
import type { Session } from "../session.js";

interface Flags extends CatalogIndexFlags, DocumentIdFlags {
  base?: string;
}

const EXAMPLES = [
  "maxsimd delete --catalog /srv/maxsimd --index papers --ids 2101.00027,2101.00312",
  "maxsimd delete --catalog /srv/maxsimd --index papers --ids-file withdrawn.txt --base 2026-11-24.3",
];

/** `maxsimd delete`: deletes documents of an index in a catalog folder, as one new version. */
export function deleteCommand(session: Session): Command {
  const command = defineCommand("delete", "delete documents of an index in a catalog", EXAMPLES);
  return addCatalogIndexOptions(command)
    .option("--ids <ids>", "ids of the documents, with commas between them")
    .option("--ids-file <file>", "ids of the documents, one on each line")
    .option("--base <label>", "refuse to delete unless this version is current")
    .action(reporting(session, (flags: Flags) => deleteDocuments(flags)));
}

async function deleteDocuments(flags: Flags): Promise<Report> {
  const { index, base } = flags;
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
