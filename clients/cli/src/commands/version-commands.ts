import { join } from "node:path";
import type { Collection, CollectionVersion } from "@maxsimd/native";
import { formatBytes, formatCount } from "@maxsimd/report/format";
import type { Command } from "commander";
import { defineCommand, type Report, reporting } from "../command.js";
import {
  addCatalogIndexOptions,
  type CatalogIndexFlags,
  describeCurrent,
  openCatalogIndex,
} from "../destinations/catalog-index.js";
import { EXIT } from "../exit-code.js";
import { CommandFailure } from "../failure.js";
import { integer } from "../options/numbers.js";
import { table } from "../output/table.js";
import type { Session } from "../session.js";

/** `maxsimd versions`: the versions of an index in a catalog folder. */
export function versionsCommand(session: Session): Command {
  const examples = [
    "maxsimd versions --catalog /srv/maxsimd --index papers",
    "maxsimd versions --catalog /srv/maxsimd --index papers --json | tail -n 1 | jq .versions",
  ];
  const command = defineCommand("versions", "list the versions of an index in a catalog", examples);
  return addCatalogIndexOptions(command).action(reporting(session, (flags: CatalogIndexFlags) => versions(flags)));
}

/** `maxsimd rollback`: makes another version of an index in a catalog folder current. */
export function rollbackCommand(session: Session): Command {
  const examples = ["maxsimd rollback 2026-11-24.3 --catalog /srv/maxsimd --index papers"];
  const command = defineCommand("rollback", "make an earlier version of an index in a catalog current", examples);
  return addCatalogIndexOptions(command)
    .argument("<version>", "label of the version, as maxsimd versions lists it")
    .action(reporting(session, (version: string, flags: CatalogIndexFlags) => rollback(version, flags)));
}

interface RemoveFlags extends CatalogIndexFlags {
  keep: number;
  built?: boolean;
}

/** `maxsimd remove-versions`: removes old versions of an index in a catalog folder. */
export function removeVersionsCommand(session: Session): Command {
  const examples = [
    "maxsimd remove-versions --catalog /srv/maxsimd --index papers --keep 10",
    "maxsimd remove-versions --catalog /srv/maxsimd --index papers --keep 0 --built",
  ];
  const command = defineCommand("remove-versions", "remove old versions of an index in a catalog", examples);
  return addCatalogIndexOptions(command)
    .requiredOption("--keep <n>", "newest versions that stay, next to the current one", integer(0))
    .option("--built", "remove files that maxsimd build made, too, if no version that stays needs them")
    .action(reporting(session, (flags: RemoveFlags) => removeVersions(flags)));
}

async function versions(flags: CatalogIndexFlags): Promise<Report> {
  const collection = await openCatalogIndex(flags);
  const listed = await Promise.all((await collection.versions()).map((version) => withDocuments(collection, version)));
  const text = table(listed, [
    ["version", ({ version }) => version],
    ["current", ({ current }) => (current ? "current" : "")],
    ["documents", ({ documents }) => formatCount(documents), "number"],
    ["deleted", ({ deleted }) => formatCount(deleted), "number"],
    ["segments", ({ segments }) => formatCount(segments), "number"],
    ["made", ({ made }) => made?.replace(/\.\d+Z$/, "Z") ?? ""],
    ["change", ({ change }) => change],
  ]);
  return { json: { index: flags.index, versions: listed }, text };
}

/** The number of documents of a built version stands in its file only. */
async function withDocuments(
  { folder }: Collection,
  version: CollectionVersion,
): Promise<CollectionVersion & { documents: number }> {
  if (version.documents !== undefined) return { ...version, documents: version.documents };
  const { Index } = await import("@maxsimd/native");
  const file = await Index.load(join(folder, `${version.version}.maxsim`), { verify: "quick" });
  const documents = file.len;
  file.close();
  return { ...version, documents };
}

async function rollback(version: string, flags: CatalogIndexFlags): Promise<Report> {
  const { index } = flags;
  const collection = await openCatalogIndex(flags);
  const labels = (await collection.versions()).map((other) => other.version);
  if (!labels.includes(version)) {
    throw new CommandFailure(EXIT.NOT_FOUND, `${index} has no version ${version}: it has ${labels.join(", ")}`);
  }
  const previous = await collection.current();
  await collection.rollback(version);
  const done = previous === version ? `${version} was current already` : `went from ${previous} to ${version}`;
  return { json: { index, version, previous }, text: `${done}\n${describeCurrent(index, version)}` };
}

async function removeVersions(flags: RemoveFlags): Promise<Report> {
  const { index, keep, built } = flags;
  const collection = await openCatalogIndex(flags);
  const { versions: labels, parts, bytes } = await collection.removeVersions({ keep, built: built === true });
  const json = { index, versions: labels, parts, bytes };
  if (labels.length === 0 && parts === 0) return { json, text: "nothing to remove, or segments are being merged" };
  const names = labels.length === 0 ? "no version" : `versions ${labels.join(", ")} of ${index}`;
  const files = `${formatCount(parts)} ${parts === 1 ? "file" : "files"} of segments and codecs`;
  const running = "a running server goes on serving what it has open";
  return { json, text: `removed ${names} and ${files}, ${formatBytes(bytes)}; ${running}` };
}
