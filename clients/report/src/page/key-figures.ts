import { type Content, html, type Markup } from "./markup.js";

/** A number that the page is about: what it is, the number, and what to make of it. */
export interface KeyFigure {
  readonly name: string;
  readonly value: Content;
  readonly note?: Content;
}

/** The numbers to see first, in a row. */
export function keyFigures(figures: readonly KeyFigure[]): Markup {
  return html`<dl class="key-figures">
${figures.map(
  ({ name, value, note }) =>
    html`<div><dt>${name}</dt><dd class="value">${value}</dd>${note === undefined ? undefined : html`<dd class="note">${note}</dd>`}</div>
`,
)}</dl>`;
}
