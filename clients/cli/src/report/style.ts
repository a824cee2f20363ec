/** The style of the pages: one column, system fonts, light or dark as the reader's system is. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --paper: #fdfdfc; --panel: #f4f5f6; --ink: #1c2126; --muted: #5d6771; --grid: #e3e6e9; --line: #d5dade;
  --accent: #1f5fc4; --contrast: #c2410c; --bar: #dce7f8;
  --micro: #8a97a6; --small: #d48a11; --active: #1f5fc4; --good: #18794e;
  --order-1: #b9c3ce; --order-2: #94b4dd; --order-3: #6b9ade; --order-4: #3f7cd3; --order-5: #1f5fc4; --order-6: #0b3d91;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #14171a; --panel: #1d2125; --ink: #e7eaed; --muted: #9aa5b0; --grid: #2a3036; --line: #363d45;
    --accent: #7eb0ff; --contrast: #ff9a62; --bar: #223a5e;
    --micro: #8894a1; --small: #f0b04a; --active: #7eb0ff; --good: #5cc796;
    --order-1: #4c5661; --order-2: #3b6396; --order-3: #4a80c9; --order-4: #6a9ff0; --order-5: #94bdff; --order-6: #cfe1ff;
  }
}
* { box-sizing: border-box; }
html { scroll-behavior: smooth; }
body {
  margin: 0 auto; padding: 3rem 1.5rem 4rem; max-width: 66rem;
  background: var(--paper); color: var(--ink);
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Liberation Sans", sans-serif;
}
h1 { margin: 0; font-size: 2rem; line-height: 1.2; letter-spacing: -0.015em; }
h2 { margin: 0 0 0.25rem; font-size: 1.35rem; letter-spacing: -0.01em; }
h3 { margin: 1.75rem 0 0.5rem; font-size: 1rem; }
p { margin: 0 0 1rem; max-width: 46rem; }
a { color: var(--accent); }
code { font: 0.9em ui-monospace, "SF Mono", Menlo, Consolas, "Liberation Mono", monospace; }
.subtitle, .lead, figcaption, caption, footer, .note { color: var(--muted); }
.subtitle { margin: 0.35rem 0 1.75rem; }
nav ol { margin: 1.75rem 0 0; padding: 0; list-style: none; display: flex; flex-wrap: wrap; gap: 0.35rem 1.25rem; }
nav a { text-decoration: none; }
nav a:hover { text-decoration: underline; }
section { margin-top: 3.25rem; padding-top: 1.75rem; border-top: 1px solid var(--line); }
figure { margin: 1.25rem 0 1.75rem; overflow-x: auto; }
figure svg { display: block; width: 100%; min-width: 38rem; height: auto; font-family: inherit; }
figcaption { margin-top: 0.5rem; font-size: 0.875rem; max-width: 46rem; }
.scroll { overflow-x: auto; margin: 1.25rem 0 1.75rem; }
table { border-collapse: collapse; width: 100%; font-size: 0.9rem; font-variant-numeric: tabular-nums; }
caption { padding-bottom: 0.5rem; text-align: left; font-size: 0.875rem; }
th { font-weight: 600; color: var(--muted); text-align: left; vertical-align: bottom; }
th, td { padding: 0.35rem 0.75rem; border-bottom: 1px solid var(--grid); }
th:first-child, td:first-child { padding-left: 0; }
th:last-child, td:last-child { padding-right: 0; }
thead th { border-bottom-color: var(--line); }
.number { text-align: right; }
td.number, td:first-child { white-space: nowrap; }
.strong td { font-weight: 600; }
.bar { display: block; min-width: 12rem; background: linear-gradient(to right, var(--bar) var(--share), transparent 0); }
.key-figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(11rem, 1fr)); gap: 0.75rem; margin: 0; }
.key-figures div { padding: 0.85rem 1rem; background: var(--panel); border-radius: 0.5rem; }
.key-figures dt { font-size: 0.85rem; color: var(--muted); }
.key-figures dd { margin: 0; }
.key-figures .value { font-size: 1.55rem; font-weight: 600; letter-spacing: -0.01em; font-variant-numeric: tabular-nums; }
.key-figures .note { font-size: 0.85rem; }
.columns { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(26rem, 100%), 1fr)); gap: 0 2.5rem; }
.chip::before { content: ""; display: inline-block; width: 0.65em; height: 0.65em; margin-right: 0.45em; border-radius: 50%; background: var(--color); }
.good { white-space: nowrap; color: var(--good); font-weight: 600; }
details { margin: 1rem 0; }
summary { cursor: pointer; color: var(--accent); }
blockquote { margin: 1rem 0; padding: 0.1rem 0 0.1rem 1rem; border-left: 3px solid var(--accent); font-size: 1.05rem; }
footer { margin-top: 3rem; padding-top: 1rem; border-top: 1px solid var(--line); font-size: 0.875rem; }
@media print { body { max-width: none; padding: 0; } section { break-inside: avoid; } nav { display: none; } }
`;
