import { type Content, html, type Markup } from "./markup.js";

/** A column: its heading, and whether its cells are numbers, which stand to the right. */
export interface TableColumn {
  readonly title: string;
  readonly numeric?: boolean;
}

/** A row, and whether it is to stand out. */
export interface TableRow {
  readonly cells: readonly Content[];
  readonly strong?: boolean;
}

/** A table that scrolls sideways by itself where the page is narrow. */
export function dataTable(caption: Content, columns: readonly TableColumn[], rows: readonly TableRow[]): Markup {
  const kind = (i: number) => (columns[i]?.numeric ? html` class="number"` : undefined);
  return html`<div class="scroll"><table>
<caption>${caption}</caption>
<thead><tr>${columns.map(({ title }, i) => html`<th scope="col"${kind(i)}>${title}</th>`)}</tr></thead>
<tbody>
${rows.map(
  ({ cells, strong }) =>
    html`<tr${strong ? html` class="strong"` : undefined}>${cells.map((cell, i) => html`<td${kind(i)}>${cell}</td>`)}</tr>
`,
)}</tbody>
</table></div>`;
}

/** A bar behind a number, for a share of 0 to 1. */
export function shareBar(share: number, text: Content): Markup {
  return html`<span class="bar" style="--share: ${(100 * Math.min(1, Math.max(0, share))).toFixed(1)}%">${text}</span>`;
}
