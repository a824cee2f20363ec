import type { IndexInfo } from "@maxsimd/native";
import { formatBytes, formatCount } from "@maxsimd/report/format";
import { properties, table } from "./table.js";

/** What is in an index file, for people. */
export function describeIndex(info: IndexInfo): string {
  const exact = info.centroids === 0;
  return properties([
    ["file", info.path],
    ["size", `${formatBytes(info.bytes)} (${formatCount(info.bytes)} bytes)`],
    ["documents", formatCount(info.documents)],
    ["tokens", formatCount(info.tokens)],
    ["dim", String(info.dim)],
    ["centroids", exact ? "none: scanned exactly" : formatCount(info.centroids)],
    ["codes", info.pqSubspaces === 0 ? "none: vectors kept whole" : `${info.pqSubspaces} bytes a token`],
    ["digest", info.digest],
    ["format", `version ${info.formatVersion}, written by ${info.writerVersion}`],
  ]);
}

/** Bytes of each part of an index, largest first. */
export function describeSpace({ spaceUsage, bytes }: IndexInfo): string {
  const rows = [...spaceUsage]
    .sort((a, b) => b.bytes - a.bytes)
    .map((part) => [part.component, formatBytes(part.bytes), `${((100 * part.bytes) / bytes).toFixed(1)} %`]);
  return table([{ title: "part" }, { title: "size", numeric: true }, { title: "share", numeric: true }], rows);
}

/** The parameters that an index was built with. */
export function describeBuild({ buildParams }: IndexInfo): string {
  const entries = flatten(buildParams);
  return entries.length === 0 ? "not recorded" : properties(entries);
}

/** Leaves of nested records under their path. */
function flatten(record: object, prefix = ""): (readonly [string, string])[] {
  return Object.entries(record).flatMap(([name, value]) =>
    typeof value === "object" && value !== null
      ? flatten(value, `${prefix}${name}.`)
      : [[`${prefix}${name}`, String(value)] as const],
  );
}
