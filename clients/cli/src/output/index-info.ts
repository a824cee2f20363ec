import type { IndexInfo } from "@maxsimd/native";
import { formatBytes, formatCount } from "@maxsimd/report/format";
import { properties, table } from "./table.js";

/** The sizes and attributes that an index file and a served index have in common, for people. */
export function describeSizes(
  index: Pick<IndexInfo, "documents" | "tokens" | "dim" | "centroids" | "pqSubspaces" | "attributes">,
) {
  const { documents, tokens, dim, centroids, pqSubspaces } = index;
  const attributes = Object.entries(index.attributes).map(([name, type]) => `${name} (${type})`);
  return [
    ["documents", formatCount(documents)],
    ["tokens", formatCount(tokens)],
    ["dim", String(dim)],
    ["centroids", centroids === 0 ? "0: every document is scanned exactly" : formatCount(centroids)],
    ["attributes", attributes.length === 0 ? "the documents have no attributes" : attributes.join(", ")],
    ["codes", pqSubspaces === 0 ? "not used: vectors are kept whole" : `${pqSubspaces} bytes per token`],
  ] as const;
}

/** An index file, for people. */
export function describeIndex(info: IndexInfo): string {
  return properties([
    ["file", info.path],
    ["size", `${formatBytes(info.bytes)} (${formatCount(info.bytes)} bytes)`],
    ...describeSizes(info),
    ["digest", info.digest],
    ["format", `version ${info.formatVersion}, written by ${info.writerVersion}`],
  ]);
}

/** Bytes of each part of an index, largest first. */
export function describeSpace({ spaceUsage, bytes }: IndexInfo): string {
  return table(
    [...spaceUsage].sort((a, b) => b.bytes - a.bytes),
    [
      ["part", ({ component }) => component],
      ["size", (part) => formatBytes(part.bytes), "number"],
      ["share", (part) => `${((100 * part.bytes) / bytes).toFixed(1)} %`, "number"],
    ],
  );
}

/** The parameters that an index was built with. */
export function describeBuild({ buildParams }: IndexInfo): string {
  const entries = flatten(buildParams);
  return entries.length === 0 ? "not recorded" : properties(entries);
}

/** Leaves of nested records, each under its path. */
function flatten(record: object, prefix = ""): (readonly [string, string])[] {
  return Object.entries(record).flatMap(([name, value]) =>
    typeof value === "object" && value !== null
      ? flatten(value, `${prefix}${name}.`)
      : [[`${prefix}${name}`, String(value)] as const],
  );
}
