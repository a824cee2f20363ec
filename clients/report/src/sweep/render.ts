import { formatCount, formatDuration } from "../format.js";
import type { IndexNumbers } from "../index-report/measure.js";
import { dataTable, type TableColumn } from "../page/data-table.js";
import { html, type Markup } from "../page/markup.js";
import type { Section } from "../page/page.js";
import { drawPlot } from "../page/plot.js";
import { COLOR, ordered } from "../page/plot-theme.js";
import type { SweepPoint } from "./measure.js";

const TARGETS = [0.99, 0.95, 0.9];

/** The time that recall costs. */
export async function sweepSection({ sweep, documents }: IndexNumbers): Promise<Section> {
  const heading = { id: "sweep", title: "Recall against latency" };
  if (sweep.length === 0) {
    const lead =
      "This index is small enough to be scanned exactly: it has no centroids, recall is 1, and no parameter trades it for time.";
    return { ...heading, lead, body: undefined };
  }
  const fastest = [...sweep].sort((a, b) => a.milliseconds - b.milliseconds);
  // One setting may be the fastest for several targets. It is named once, for the highest.
  const reached = new Map<SweepPoint, number>();
  for (const target of TARGETS) {
    const point = fastest.find(({ recall10 }) => recall10 >= target);
    if (point !== undefined && !reached.has(point)) reached.set(point, target);
  }
  const targets = [...reached].map(([point, target]) => `${target} in ${formatDuration(point.milliseconds / 1000)}`);
  const summary =
    targets.length === 0
      ? `No setting reaches a recall@10 of ${TARGETS.at(-1)}.`
      : `Recall@10 of ${targets.join(", and of ")}.`;
  const shown = sweepTable(
    "The settings that no other setting beats in both, and the one that the rest of this page uses.",
    fastest.filter(({ best, used }) => best || used),
  );
  const all = sweepTable("All settings, the fastest first.", fastest);
  return {
    ...heading,
    lead: html`Two parameters trade time for recall: the number of centroids that each query token gathers (<code>kCentroids</code>), and the most documents, of ${formatCount(documents)}, that are scored on their codes (<code>kDocsToScore</code>). ${summary}`,
    body: html`${await drawSweep(sweep)}${shown}<details><summary>All ${sweep.length} settings</summary>${all}</details>`,
  };
}

function drawSweep(sweep: readonly SweepPoint[]): Promise<Markup> {
  const values = sweep.map((point) => ({ ...point }));
  const domain = [...new Set(sweep.map(({ kCentroids }) => kCentroids))];
  const best = values.filter((point) => point.best).sort((a, b) => a.milliseconds - b.milliseconds);
  const least = values.reduce((min, { recall10 }) => Math.min(min, recall10), 1);
  const x = {
    field: "milliseconds",
    type: "quantitative",
    title: "milliseconds per query, on one thread",
    scale: { type: "log", nice: false, padding: 18 },
    axis: { tickCount: 6, format: "~r" },
  } as const;
  const y = {
    field: "recall10",
    type: "quantitative" as const,
    title: "recall@10 against exact MaxSim",
    scale: { domain: [Math.floor(20 * least) / 20, 1], nice: false },
    axis: { tickCount: 7, format: ".2f" },
  };
  const color = {
    field: "kCentroids",
    type: "ordinal" as const,
    scale: { domain, range: ordered(domain.length) },
    legend: { title: "kCentroids", orient: "right" as const },
  };
  return drawPlot(
    {
      height: 420,
      layer: [
        {
          data: { values: best },
          mark: { type: "line", color: COLOR.contrast, strokeWidth: 7, opacity: 0.25, strokeJoin: "round" },
          encoding: { x, y, order: { field: "milliseconds" } },
        },
        {
          data: { values },
          mark: { type: "line", strokeWidth: 1.5, point: { size: 38, filled: true } },
          encoding: { x, y, color, order: { field: "kDocsToScore" } },
        },
        {
          data: { values: values.filter(({ used }) => used) },
          mark: { type: "point", size: 190, color: COLOR.contrast, strokeWidth: 2.5, filled: false },
          encoding: { x, y },
        },
        {
          data: { values: best },
          mark: { type: "text", align: "left", dx: 7, dy: 11, fontSize: 11 },
          encoding: { x, y, text: { field: "kDocsToScore" } },
        },
      ],
    },
    "Lines over the time of a query: recall@10, one line per number of centroids, one point per number of documents scored",
    "Each line is one number of centroids, and each point one limit of documents scored. The limit is written next to a point if no other setting is as fast and better; the broad line connects these. The circle is the setting that the rest of this page uses.",
  );
}

function sweepTable(caption: string, points: readonly SweepPoint[]): Markup {
  const ndcg: TableColumn<SweepPoint> = ["nDCG@10", ({ ndcg10 }) => ndcg10?.toFixed(4), "number"];
  return dataTable(
    caption,
    points,
    [
      ["kCentroids", ({ kCentroids }) => formatCount(kCentroids), "number"],
      ["kDocsToScore", ({ kDocsToScore }) => formatCount(kDocsToScore), "number"],
      ["time per query", ({ milliseconds }) => formatDuration(milliseconds / 1000), "number"],
      ["recall@10", ({ recall10 }) => recall10.toFixed(4), "number"],
      ...(points.some(({ ndcg10 }) => ndcg10 !== null) ? [ndcg] : []),
      ["", ({ used }) => (used ? "used here" : "")],
    ],
    ({ used }) => used,
  );
}
