import type { LostName, SearchParams, WhyNot } from "@maxsimd/client";

/** Where a search lost a document, from a file or a server. */
export type Loss = Omit<WhyNot, "indexVersion" | "change"> & { readonly change?: SearchParams };

/** Says in one sentence where the document was lost, by how much, and which options bring it. */
export function sentenceOf(id: string, loss: Loss): string {
  const { change } = loss;
  const where = `${id} ${PLACES[loss.lost](loss)}`;
  if (change !== undefined) return `${where}; ${optionsOf(change)} brings it`;
  return FINAL.has(loss.lost) ? where : `${where}; no search options bring it`;
}

/** Where no options are missing: the document is there, or its place says all. */
const FINAL: ReadonlySet<LostName> = new Set(["FOUND", "UNKNOWN", "DELETED", "NO_TOKENS", "FILTERED"]);

const PLACES: Readonly<Record<LostName, (loss: Loss) => string>> = {
  UNSPECIFIED: () => "is lost at a place that this release does not know",
  FOUND: ({ rank }) => `is found, at rank ${rank}`,
  UNKNOWN: () => "is the id of no document",
  DELETED: () => "was deleted",
  NO_TOKENS: () => "has no tokens, so that no search returns it",
  FILTERED: () => "does not match the filter",
  NOT_GATHERED: () => "is not reached: it has no token at the centroids that are read",
  BELOW_ALPHA: ({ score, needed }) =>
    `is pruned: its coarse score is ${shown(score)}, and alpha keeps ${shown(needed)}`,
  BEYOND_CAP: ({ rank, needed }) => `is not scored: it has rank ${rank} by coarse score, and ${needed} are scored`,
  STOPPED_EARLY: () => "is not scored: beta ends the search before it",
  OUT_RANKED: ({ rank, score, needed }) =>
    `is out-ranked: it has rank ${rank} and score ${shown(score)}, and the last that is returned has ${shown(needed)}`,
};

/** Parameters as the options of the command; a rule that is off is `none`. */
export function optionsOf(change: SearchParams): string {
  const options = Object.entries(change).map(([name, value]) => {
    const option = name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    // A file has the binary32 value; the parameter was rounded up to four digits before.
    return `--${option} ${typeof value === "number" ? Number(value.toPrecision(7)) : "none"}`;
  });
  return options.join(" ");
}

function shown(score: number | undefined): string {
  return (score ?? 0).toFixed(4);
}
