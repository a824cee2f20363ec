import { type Content, html, type Markup } from "./markup.js";

/** One of the numbers that a page begins with: its name, its value, and a note that puts it into context. */
export type KeyFigure = readonly [name: string, value: Content, note?: Content];

/** The most important numbers, in a row. */
export function keyFigures(figures: readonly KeyFigure[]): Markup {
  const note = (text: Content) => (text === undefined ? undefined : html`<dd class="note">${text}</dd>`);
  return html`<dl class="key-figures">
${figures.map(([name, value, text]) => html`<div><dt>${name}</dt><dd class="value">${value}</dd>${note(text)}</div>\n`)}</dl>`;
}
