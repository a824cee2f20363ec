import { readFileSync } from "node:fs";
import { type Content, html, Markup } from "./markup.js";

/** A part of a page, with a heading that the table of contents leads to. */
export interface Section {
  readonly id: string;
  readonly title: string;
  /** What there is to see, in a sentence or two. */
  readonly lead: Content;
  readonly body: Content;
}

/** A whole page. */
export interface Page {
  readonly title: string;
  readonly subtitle: Content;
  readonly summary: Content;
  readonly sections: readonly Section[];
  readonly footer: Content;
  /** What the page shows, for programs: the page carries it as JSON. */
  readonly numbers: object;
}

const STYLE = readFileSync(new URL("../../style.css", import.meta.url), "utf8");

/** Nothing is fetched, and nothing runs: the page is what the file holds, on disk as behind a server. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:";

/** One HTML file that needs no other. */
export function renderPage({ title, subtitle, summary, sections, footer, numbers }: Page): string {
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
${summary}
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

/** JSON that cannot end the element that it stands in. */
function embeddedJson(value: object): Markup {
  return new Markup(JSON.stringify(value).replaceAll("<", "\\u003c"));
}
