import { formatDuration } from "../format.js";
import { dataTable, type TableColumn } from "../page/data-table.js";
import { type Content, html } from "../page/markup.js";
import type { Section } from "../page/page.js";
import type { SingleHit, SingleQuery } from "./measure.js";

/** One query with its results. */
export function querySection(query: SingleQuery): Section {
  const { position, text, rows, milliseconds, hits } = query;
  const judged = hits.some(({ grade }) => grade !== null);
  const titled = hits.some(({ title, id }) => title !== null || id !== null);
  const columns: TableColumn[] = [
    { title: "rank", numeric: true },
    { title: "score", numeric: true },
    { title: "mean", numeric: true },
    { title: "exact rank", numeric: true },
    { title: "document" },
    ...(judged ? [{ title: "judged" }] : []),
  ];
  const cells = (hit: SingleHit): Content[] => [
    hit.rank,
    hit.score.toFixed(3),
    hit.meanScore.toFixed(3),
    hit.exactRank ?? "later",
    titled ? html`${hit.title ?? ""} <span class="note">${hit.id ?? hit.docId}</span>` : hit.docId,
    ...(judged
      ? [
          hit.grade === null
            ? ""
            : html`<span class="good">relevant${hit.grade === 1 ? "" : `, grade ${hit.grade}`}</span>`,
        ]
      : []),
  ];
  return {
    id: "query",
    title: "A single query",
    lead: `Query ${position}, ${rows} token vectors, is answered in ${formatDuration(milliseconds / 1000)} on one thread. A score is MaxSim: for each token of the query the best similarity in the document, added up; the mean is of one token.`,
    body: html`${text === null ? undefined : html`<blockquote>${text}</blockquote>`}${dataTable(
      "The documents found, best first, and the place that exact MaxSim gives them.",
      columns,
      hits.map((hit) => ({ cells: cells(hit) })),
    )}`,
  };
}
