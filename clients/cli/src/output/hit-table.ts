import type { Hit as FoundHit } from "@maxsimd/client";
import type { DocumentText } from "@maxsimd/report/dataset";
import type { Match } from "./match-table.js";
import { type Column, cut, table } from "./table.js";

/** A document of an answer, with its rank and what a file says of it. */
export type Hit = { rank: number; matches?: readonly Match[] } & Omit<FoundHit, "explanation"> & DocumentText;

/** Widths in characters. Without a terminal, lines have 100; rank, score and document need 30 of them. */
const [LINE, RANKED, LEAST_TEXT] = [100, 30, 8];

/** The hits of a query, for people: a column for each stored field, too. Title and fields share what is left of the line. */
export function hitTable(hits: readonly Hit[], columns: number | undefined): string {
  if (hits.length === 0) return "no documents";
  const names = [...new Set(hits.flatMap(({ fields = {} }) => Object.keys(fields)))];
  const titled = hits.some((hit) => hit.title !== undefined);
  const texts = names.length + (titled ? 1 : 0);
  const width = Math.max(LEAST_TEXT, Math.floor(((columns ?? LINE) - RANKED) / Math.max(1, texts)) - 2);
  const title: Column<Hit> = ["title", (hit) => cut(hit.title ?? "", width)];
  const stored = (name: string): Column<Hit> => {
    const numeric = hits.every(({ fields }) => ["number", "undefined"].includes(typeof fields?.[name]));
    return [cut(name, width), ({ fields }) => cut(shown(fields?.[name]), width), numeric ? "number" : undefined];
  };
  const numbered = hits.every(({ id }) => /^\d+$/.test(id));
  return table(hits, [
    ["rank", ({ rank }) => `${rank}`, "number"],
    ["score", ({ score }) => score.toFixed(4), "number"],
    ["document", ({ id }) => cut(id, RANKED), numbered ? "number" : undefined],
    ...(titled ? [title] : []),
    ...names.map(stored),
  ]);
}

/** A value of a stored field in a cell. */
function shown(value: unknown): string {
  if (value === undefined) return "";
  return typeof value === "string" ? value : JSON.stringify(value);
}
