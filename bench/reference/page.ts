import { None, parse, View } from "vega";
import { compile, type TopLevelSpec } from "vega-lite";
import type { BenchmarkRecord } from "../record/record.js";
import type { Table } from "../record/table.js";
import { atPoint, GRID, showPoint } from "./grid.js";
import { equalRecallTable, gateTable, gridTable, measuredTable } from "./tables.js";
import { type BuildParameters, ENGINES, OWN, SAME } from "./variants.js";

const STYLE = `
body { margin: 0 auto; padding: 3rem 1.5rem; max-width: 62rem; color: #1c2126; background: #fff; }
body { font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
h1 { margin: 0; } h2 { margin: 2.5rem 0 0.5rem; font-size: 1.2rem; } .lead { color: #5d6771; }
.scroll { overflow-x: auto; } svg { display: block; max-width: 100%; height: auto; }
table { border-collapse: collapse; width: 100%; font-size: 0.9rem; font-variant-numeric: tabular-nums; }
th, td { padding: 0.35rem 0.75rem 0.35rem 0; border-bottom: 1px solid #e3e6e9; text-align: left; vertical-align: top; }
th { color: #5d6771; }`;

/** One HTML file with the tables and plots of a record. It fetches nothing and runs nothing. */
export async function renderPage(record: BenchmarkRecord): Promise<string> {
  const title = `maxsimd and tachiom on ${record.dataset}`;
  const tables = {
    Limits: gateTable,
    Measured: measuredTable,
    "Recall and time": gridTable,
    "At equal recall": equalRecallTable,
  };
  const sections = [
    ...Object.entries(tables).map(([name, table]) => [name, renderTable(table([record]))] as const),
    ...(await plots(record)),
  ];
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
<p class="lead">${escapeText(Object.values(record.circumstances).join("; "))}</p>
${sections.map(([name, body]) => `<section><h2>${escapeText(name)}</h2><div class="scroll">${body}</div></section>`).join("\n")}
<script type="application/json" id="numbers">${JSON.stringify(record).replaceAll("<", "\\u003c")}</script>
</body>
</html>
`;
}

function renderTable({ head, rows }: Table): string {
  const row = (cells: readonly string[], tag: string) =>
    `<tr>${cells.map((cell) => `<${tag}>${escapeText(cell).replace(/\*\*(.*?)\*\*/g, "<strong>$1</strong>")}</${tag}>`).join("")}</tr>`;
  return `<table>
<thead>${row(head, "th")}</thead>
<tbody>${rows.map((cells) => row(cells, "td")).join("\n")}</tbody>
</table>`;
}

function escapeText(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

async function plots(record: BenchmarkRecord): Promise<(readonly [title: string, svg: string])[]> {
  const at = (build: BuildParameters) =>
    ENGINES.flatMap((engine) =>
      GRID.map((point) => ({
        engine,
        point: showPoint(point),
        recall: record.value(engine, atPoint(build, point), "recall@10"),
        milliseconds: record.value(engine, atPoint(build, point), "query_time"),
      })),
    );
  const color = { field: "engine", scale: { range: ["#1f5fc4", "#c2410c"] }, title: null };
  const recall = { field: "recall", type: "quantitative", scale: { zero: false }, title: "recall@10" };
  const line = { type: "line", point: true };
  const settings = {
    field: "point",
    sort: null,
    title: "k_centroids / k_docs / ef / alpha",
    axis: { labelAngle: -35 },
  };
  const recallPlot = (build: BuildParameters) => ({
    data: { values: at(build) },
    mark: line,
    encoding: { x: settings, y: recall, color },
  });
  const time = { field: "milliseconds", type: "quantitative", scale: { type: "log" } };
  const errors = record.figures
    .filter(({ metric }) => metric === "mean_squared_error")
    .map(({ engine, parameters, value }) => ({ engine, tokens: parameters.split("tokens=")[1], value }));
  const bars = (metric: string) => ({
    data: { values: ENGINES.map((engine) => ({ engine, value: record.value(engine, OWN, metric) })) },
    mark: "bar",
    height: 80,
    encoding: {
      y: { field: "engine", title: null },
      x: { field: "value", type: "quantitative", title: metric },
      color,
    },
  });
  const specs: Record<string, object> = {
    "recall@10 against exact MaxSim, own clusters": recallPlot(OWN),
    "recall@10 against exact MaxSim, the reference's clusters": recallPlot(SAME),
    "recall@10 and the time of a query on one thread, own clusters": {
      data: { values: at(OWN) },
      mark: line,
      encoding: { x: time, y: recall, order: { field: "milliseconds", type: "quantitative" }, color },
    },
    "Mean squared quantisation error by kind of token": {
      data: { values: errors },
      mark: "bar",
      encoding: {
        x: { field: "tokens", sort: null },
        xOffset: { field: "engine" },
        y: { field: "value", type: "quantitative" },
        color,
      },
    },
    "Time of a build, seconds": bars("build_time"),
    "Peak anonymous memory of a build, bytes": bars("peak_anonymous_memory"),
    "Size of the index, bytes": bars("index_size"),
  };
  return Promise.all(Object.entries(specs).map(async ([title, spec]) => [title, await draw(spec)] as const));
}

async function draw(spec: object): Promise<string> {
  const full = { width: 720, height: 280, background: "white", config: { font: "system-ui, sans-serif" }, ...spec };
  const view = new View(parse(compile(full as TopLevelSpec).spec), { renderer: "none", logLevel: None });
  try {
    return await view.toSVG();
  } finally {
    view.finalize();
  }
}
