import { type Content, html, type Markup } from "./markup.js";

/** A column: its heading, the cell of a row, and whether its cells are numbers, which are aligned to the right. */
export type TableColumn<Row> = readonly [title: string, cell: (row: Row) => Content, kind?: "number"];

/**
 * A table that scrolls sideways where the page is too narrow for it.
 *
 * @param isStrong whether a row is emphasised
 */
export function dataTable<Row>(
  caption: Content,
  rows: readonly Row[],
  columns: readonly TableColumn<NoInfer<Row>>[],
  isStrong: (row: NoInfer<Row>) => boolean = () => false,
): Markup {
  const kindClass = (kind: string | undefined) => (kind === undefined ? undefined : html` class="${kind}"`);
  const cells = (row: Row) => columns.map(([, cell, kind]) => html`<td${kindClass(kind)}>${cell(row)}</td>`);
  return html`<div class="scroll"><table>
<caption>${caption}</caption>
<thead><tr>${columns.map(([title, , kind]) => html`<th scope="col"${kindClass(kind)}>${title}</th>`)}</tr></thead>
<tbody>
${rows.map((row) => html`<tr${isStrong(row) ? html` class="strong"` : undefined}>${cells(row)}</tr>\n`)}</tbody>
</table></div>`;
}

/** A number with a bar behind it, for a share of 0 to 1. */
export function shareBar(share: number, text: Content): Markup {
  return html`<span class="bar" style="--share: ${(100 * Math.min(1, Math.max(0, share))).toFixed(1)}%">${text}</span>`;
}
