import { formatDuration } from "../format.js";
import { dataTable, type TableColumn } from "../page/data-table.js";
import { type Content, html } from "../page/markup.js";
import type { Section } from "../page/page.js";
import type { SingleHit, SingleQuery } from "./measure.js";

/** One query with its results. */
export function querySection({ position, text, rows, milliseconds, hits }: SingleQuery): Section {
  const judged: TableColumn<SingleHit> = ["judged", ({ grade }) => gradeLabel(grade)];
  const titled = hits.some(({ title, id }) => title !== null || id !== null);
  const name = ({ title, id, docId }: SingleHit) => html`${title ?? ""} <span class="note">${id ?? docId}</span>`;
  const table = dataTable("The documents found, best first, with their rank in exact MaxSim.", hits, [
    ["rank", ({ rank }) => rank, "number"],
    ["score", ({ score }) => score.toFixed(3), "number"],
    ["mean", ({ meanScore }) => meanScore.toFixed(3), "number"],
    ["exact rank", ({ exactRank }) => exactRank ?? "later", "number"],
    ["document", (hit) => (titled ? name(hit) : hit.docId)],
    ...(hits.some(({ grade }) => grade !== null) ? [judged] : []),
  ]);
  return {
    id: "query",
    title: "A single query",
    lead: `Query ${position}, ${rows} token vectors, is answered in ${formatDuration(milliseconds / 1000)} on one thread. A score is MaxSim: the best similarity in the document for each query token, summed over the query. The mean is the score per query token.`,
    body: [text === null ? undefined : html`<blockquote>${text}</blockquote>`, table],
  };
}

function gradeLabel(grade: number | null): Content {
  if (grade === null) return undefined;
  return html`<span class="good">relevant${grade === 1 ? "" : `, grade ${grade}`}</span>`;
}
