import { formatCount, formatDuration } from "../format.js";
import type { WalkthroughNumbers } from "../index-report/measure.js";
import { dataTable } from "../page/data-table.js";
import { html, type Markup } from "../page/markup.js";
import type { Section } from "../page/page.js";
import { drawPlot } from "../page/plot.js";
import { COLOR, ordered, PLOT_WIDTH } from "../page/plot-theme.js";
import type { SweepPoint } from "./measure.js";

const TARGETS = [0.99, 0.95, 0.9];

/** What recall costs. */
export async function sweepSection({ sweep, documents }: WalkthroughNumbers): Promise<Section> {
  const heading = { id: "sweep", title: "Recall against latency" };
  if (sweep.length === 0) {
    return {
      ...heading,
      lead: "This index is small enough to be scanned exactly: it has no centroids, recall is 1, and no parameter trades it for time.",
      body: undefined,
    };
  }
  const fastest = [...sweep].sort((a, b) => a.milliseconds - b.milliseconds);
  // The fastest setting that reaches 0.99 may be the fastest that reaches 0.95: it is named once.
  const reached = new Map<SweepPoint, number>();
  for (const target of TARGETS) {
    const point = fastest.find(({ recall10 }) => recall10 >= target);
    if (point !== undefined && !reached.has(point)) reached.set(point, target);
  }
  const targets = Array.from(
    reached,
    ([{ milliseconds }, target]) => `${target} in ${formatDuration(milliseconds / 1000)}`,
  );
  return {
    ...heading,
    lead: html`Two numbers trade time for recall: how many centroids each query token gathers (<code>kCentroids</code>), and how many of the ${formatCount(documents)} documents are scored on their codes at most (<code>kDocsToScore</code>). ${targets.length === 0 ? `No setting reaches a recall@10 of ${TARGETS.at(-1)}.` : `Recall@10 of ${targets.join(", and of ")}.`}`,
    body: html`${await drawSweep(sweep)}${sweepTable(
      "The settings that no other beats in both, and the one that the rest of this page uses.",
      sweep.filter(({ best, used }) => best || used),
    )}<details><summary>All ${sweep.length} settings</summary>${sweepTable("All settings, the fastest first.", sweep)}</details>`,
  };
}

function drawSweep(sweep: readonly SweepPoint[]): Promise<Markup> {
  const values = sweep.map((point) => ({ ...point }));
  const taken = [...new Set(sweep.map(({ kCentroids }) => kCentroids))];
  const best = values.filter((point) => point.best).sort((a, b) => a.milliseconds - b.milliseconds);
  const least = values.reduce((min, { recall10 }) => Math.min(min, recall10), 1);
  const x = {
    field: "milliseconds",
    type: "quantitative" as const,
    scale: { type: "log" as const, nice: false, padding: 18 },
    axis: { tickCount: 6, format: "~r" },
    title: "milliseconds a query, on one thread",
  };
  const y = {
    field: "recall10",
    type: "quantitative" as const,
    scale: { domain: [Math.floor(20 * least) / 20, 1], nice: false },
    axis: { tickCount: 7, format: ".2f" },
    title: "recall@10 against exact MaxSim",
  };
  return drawPlot(
    {
      width: PLOT_WIDTH,
      height: 420,
      autosize: { type: "fit", contains: "padding" },
      layer: [
        {
          data: { values: best },
          mark: { type: "line", color: COLOR.contrast, strokeWidth: 7, opacity: 0.25, strokeJoin: "round" },
          encoding: { x, y, order: { field: "milliseconds" } },
        },
        {
          data: { values },
          mark: { type: "line", strokeWidth: 1.5, point: { size: 38, filled: true } },
          encoding: {
            x,
            y,
            order: { field: "kDocsToScore" },
            color: {
              field: "kCentroids",
              type: "ordinal",
              scale: { domain: taken, range: ordered(taken.length) },
              legend: { title: "kCentroids", orient: "right" },
            },
          },
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
    "Lines over the time of a query: recall at ten, one line for each number of centroids, one point for each number of documents scored",
    "Each line is one number of centroids, each point one number of documents scored at most, which stands beside it where no other setting is as fast and better (the broad line). The circle is the setting that the rest of this page uses.",
  );
}

function sweepTable(caption: string, points: readonly SweepPoint[]): Markup {
  const judged = points.some(({ ndcg10 }) => ndcg10 !== null);
  return dataTable(
    caption,
    [
      { title: "kCentroids", numeric: true },
      { title: "kDocsToScore", numeric: true },
      { title: "a query", numeric: true },
      { title: "recall@10", numeric: true },
      ...(judged ? [{ title: "nDCG@10", numeric: true }] : []),
      { title: "" },
    ],
    [...points]
      .sort((a, b) => a.milliseconds - b.milliseconds)
      .map(({ kCentroids, kDocsToScore, milliseconds, recall10, ndcg10, used }) => ({
        cells: [
          formatCount(kCentroids),
          formatCount(kDocsToScore),
          formatDuration(milliseconds / 1000),
          recall10.toFixed(4),
          ...(judged ? [ndcg10?.toFixed(4) ?? ""] : []),
          used ? "used here" : "",
        ],
        strong: used,
      })),
  );
}
