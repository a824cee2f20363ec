import type { Drift, IndexInfo } from "@maxsimd/native";
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

/** Drift from which a rebuild is advised: see bench/README.md, Drift. */
const REBUILD_FROM = 1.2;

/** How well the codec still fits, for people: per tier the error of its tokens to that of the tokens it was trained with. */
export function describeDrift(tiers: readonly { tier: string; error: number; trained: number }[]): string {
  if (tiers.length === 0) return "not known, or nothing is coded";
  const ratios = tiers.map(({ tier, error, trained }) => ({ tier, ratio: error / trained }));
  const due = ratios.some(({ ratio }) => ratio >= REBUILD_FROM);
  const shown = ratios.map(({ tier, ratio }) => `${tier} ${ratio.toFixed(2)}`).join(", ");
  return due ? `${shown}: the documents have changed much, build the index anew` : shown;
}

/** An index file, for people; with its drift, if that is given. */
export function describeIndex(info: IndexInfo, drift?: readonly Drift[]): string {
  return properties([
    ["file", info.path],
    ["size", `${formatBytes(info.bytes)} (${formatCount(info.bytes)} bytes)`],
    ...describeSizes(info),
    ...(drift === undefined ? [] : [["drift", describeDrift(drift)] as const]),
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
