import type { Comparison } from "./comparison.js";
import { plots } from "./plots.js";
import { type Table, tables } from "./tables.js";

const STYLE = `
body { margin: 0 auto; padding: 3rem 1.5rem; max-width: 62rem; color: #1c2126; background: #fff; }
body { font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
h1 { margin: 0; } h2 { margin: 2.5rem 0 0.5rem; font-size: 1.2rem; } .lead { color: #5d6771; }
.scroll { overflow-x: auto; } svg { display: block; max-width: 100%; height: auto; }
table { border-collapse: collapse; width: 100%; font-size: 0.9rem; font-variant-numeric: tabular-nums; }
th, td { padding: 0.35rem 0.75rem 0.35rem 0; border-bottom: 1px solid #e3e6e9; text-align: left; vertical-align: top; }
th { color: #5d6771; } .bad { color: #c2410c; font-weight: 600; } .good { color: #18794e; font-weight: 600; }`;

/** One HTML file that needs no other: nothing is fetched and nothing runs. */
export async function renderPage(comparison: Comparison): Promise<string> {
  const { dataset, documents, tokens, queries, versions, measuredAt } = comparison;
  const title = `maxsimd and the reference on ${dataset}`;
  const [gates, ...others] = tables(comparison).map(renderTable);
  const figures = (await plots(comparison)).map(
    (plot) => `<section><h2>${escapeText(plot.title)}</h2><div class="scroll">${plot.svg}</div></section>`,
  );
  const lead = `${documents.toLocaleString("en")} documents, ${tokens.toLocaleString("en")} tokens, ${queries} queries; ours: ${versions.ours}; the reference: ${versions.reference}; ${measuredAt.slice(0, 16)}Z`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${escapeText(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<h1>${escapeText(title)}</h1>
<p class="lead">${escapeText(lead)}</p>
${gates}
${figures.join("\n")}
${others.join("\n")}
<script type="application/json" id="numbers">${JSON.stringify(comparison).replaceAll("<", "\\u003c")}</script>
</body>
</html>
`;
}

function renderTable({ title, head, rows }: Table): string {
  const cells = (row: readonly string[]) => row.map((cell) => `<td${mark(cell)}>${escapeText(cell)}</td>`).join("");
  return `<section><h2>${escapeText(title)}</h2><div class="scroll"><table>
<thead><tr>${head.map((cell) => `<th>${escapeText(cell)}</th>`).join("")}</tr></thead>
<tbody>${rows.map((row) => `<tr>${cells(row)}</tr>`).join("\n")}</tbody>
</table></div></section>`;
}

function mark(cell: string): string {
  if (cell === "met") return ' class="good"';
  return cell === "not met" ? ' class="bad"' : "";
}

export function escapeText(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}
