import { formatDuration } from "@maxsimd/report/format";
import type { Command } from "commander";
import { defineCommand, type Report, reporting } from "../command.js";
import {
  addCatalogIndexOptions,
  type CatalogIndexFlags,
  describeCurrent,
  openCatalogIndex,
} from "../destinations/catalog-index.js";
import type { Session } from "../session.js";

interface Flags extends CatalogIndexFlags {
  all?: boolean;
}

const EXAMPLES = [
  "maxsimd compact --catalog /srv/maxsimd --index papers",
  "maxsimd compact --catalog /srv/maxsimd --index papers --all",
];

/** `maxsimd compact`: merges segments of an index in a catalog folder, as one new version with the same answers. */
export function compactCommand(session: Session): Command {
  const command = defineCommand("compact", "merge segments of an index in a catalog", EXAMPLES);
  return addCatalogIndexOptions(command)
    .option("--all", "merge all segments into one, without the deleted documents")
    .action(reporting(session, (flags: Flags) => compact(session, flags)));
}

async function compact(session: Session, flags: Flags): Promise<Report> {
  const { index, all } = flags;
  const collection = await openCatalogIndex(flags);
  const before = await collection.current();
  const started = performance.now();
  const change = await collection.compact({ all: all === true, signal: session.interruption() });
  const seconds = (performance.now() - started) / 1000;
  // Without a document that is left nothing can be merged, and the change is that of the version before.
  if (change === null || change.version === before) {
    const text = `nothing to merge, or it is being merged already; version ${before} of ${index} stays current`;
    return { json: { index, version: before, merged: false }, text };
  }
  const { version } = change;
  const made = (await collection.versions()).find((other) => other.version === version);
  const json = { index, version, merged: true, segments: made?.segments, change: made?.change };
  const what = `${made?.change ?? "merged"}, in ${formatDuration(seconds)}`;
  return {
    json: { ...json, seconds: Number(seconds.toFixed(3)) },
    text: `${what}\n${describeCurrent(index, version)}`,
  };
}
