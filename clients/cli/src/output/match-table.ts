import type { Explanation } from "@maxsimd/client";
import { table } from "./table.js";

/** One query token of an explained hit. */
export interface Match {
  /** Numbers of the query's token and of the document's token that matches it best, from 0. */
  query: number;
  document: number;
  similarity: number;
}

/** The matches of an explanation, in the order of the query's tokens. */
export function matchesOf({ tokens, similarities }: Explanation): Match[] {
  return Array.from(tokens, (document, query) => ({ query, document, similarity: similarities[query] as number }));
}

/** The matches of a hit, for people. */
export function matchTable(matches: readonly Match[]): string {
  return table(matches, [
    ["query token", ({ query }) => `${query}`, "number"],
    ["document token", ({ document }) => `${document}`, "number"],
    ["similarity", ({ similarity }) => similarity.toFixed(4), "number"],
  ]);
}
