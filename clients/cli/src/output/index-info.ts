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

/** Drift of all tokens from which a rebuild is advised. At 1.15 recall@10 falls by 0.006 and at 1.64 by 0.028: bench/README.md, Drift. */
const REBUILD_FROM = 1.3;

/** How well the codec still fits, for people: the error of the tokens to that of the tokens it was trained with, in all and by tier. */
export function describeDrift(
  tiers: readonly { tier: string; tokens: number; error: number; trained: number }[],
): string {
  if (tiers.length === 0) return "not known, or nothing is coded";
  const ratios = tiers.map(({ tier, tokens, error, trained }) => ({ tier, tokens, ratio: error / trained }));
  const tokens = ratios.reduce((sum, tier) => sum + tier.tokens, 0);
  const all = ratios.reduce((sum, tier) => sum + tier.ratio * tier.tokens, 0) / tokens;
  const parts = ratios.map(({ tier, ratio }) => `${tier} ${ratio.toFixed(2)}`).join(", ");
  const shown = `${all.toFixed(2)} (${parts})`;
  return all >= REBUILD_FROM ? `${shown}: the documents have changed much, build the index anew` : shown;
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
