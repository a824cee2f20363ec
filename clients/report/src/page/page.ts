import { readFileSync } from "node:fs";
import { type KeyFigure, keyFigures } from "./key-figures.js";
import { type Content, html, Markup } from "./markup.js";

/** A part of a page. The table of contents links to its heading. */
export interface Section {
  readonly id: string;
  readonly title: string;
  /** A summary of the section, in a sentence or two. */
  readonly lead: Content;
  readonly body: Content;
}

/** A whole page. */
export interface Page {
  readonly title: string;
  readonly subtitle: Content;
  /** The numbers that the page begins with. */
  readonly figures: readonly KeyFigure[];
  readonly sections: readonly Section[];
  readonly footer: Content;
  /** The numbers that the page shows. The page carries them as JSON, for programs. */
  readonly numbers: object;
}

const STYLE = readFileSync(new URL("../../style.css", import.meta.url), "utf8");

/** Nothing is fetched and nothing runs, whether the page is opened from disk or from a server. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:";

/** One HTML file that needs no other file. */
export function renderPage({ title, subtitle, figures, sections, footer, numbers }: Page): string {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<title>${title}</title>
<style>${new Markup(STYLE)}</style>
</head>
<body>
<header>
<h1>${title}</h1>
<p class="subtitle">${subtitle}</p>
${keyFigures(figures)}
<nav aria-label="Contents"><ol>${sections.map((section) => html`<li><a href="#${section.id}">${section.title}</a></li>`)}</ol></nav>
</header>
<main>
${sections.map(
  ({ id, title: heading, lead, body }) => html`<section id="${id}">
<h2>${heading}</h2>
<p class="lead">${lead}</p>
${body}
</section>
`,
)}</main>
<footer>${footer}</footer>
<script type="application/json" id="numbers">${embeddedJson(numbers)}</script>
</body>
</html>
`.text;
}

/** JSON without `<`, so that no text in it can end the script element around it. */
function embeddedJson(value: object): Markup {
  return new Markup(JSON.stringify(value).replaceAll("<", "\\u003c"));
}
