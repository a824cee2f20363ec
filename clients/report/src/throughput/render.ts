import { formatCount, formatDuration, formatNumber } from "../format.js";
import type { WalkthroughNumbers } from "../index-report/measure.js";
import { dataTable } from "../page/data-table.js";
import { html, type Markup } from "../page/markup.js";
import type { Section } from "../page/page.js";
import { drawPlot } from "../page/plot.js";
import { COLOR, PLOT_WIDTH } from "../page/plot-theme.js";
import type { Throughput } from "./measure.js";

/** How fast queries are answered, alone and together. */
export async function throughputSection({ throughput, queries, queryTokens }: WalkthroughNumbers): Promise<Section> {
  const { p50Milliseconds, p99Milliseconds, batches, searches } = throughput;
  const most = batches.at(-1);
  const [serial] = batches;
  return {
    id: "batch",
    title: "A batch",
    lead: `All ${formatCount(queries)} queries, ${formatNumber(queryTokens / queries)} token vectors each, as one batch: ${formatCount(serial?.queriesPerSecond ?? 0)} a second on one thread, ${formatCount(most?.queriesPerSecond ?? 0)} on ${most?.threads ?? 0}. One after another, half are answered within ${formatDuration(p50Milliseconds / 1000)}, and 99 of 100 within ${formatDuration(p99Milliseconds / 1000)}.`,
    body: html`${dataTable(
      "The fastest of several passes; what else the machine does only makes one slower.",
      [
        { title: "threads", numeric: true },
        { title: "queries a second", numeric: true },
        { title: "a query", numeric: true },
        { title: "against one thread", numeric: true },
        { title: "passes", numeric: true },
      ],
      batches.map(({ threads, queriesPerSecond, seconds, passes }) => ({
        cells: [
          threads,
          formatCount(queriesPerSecond),
          formatDuration(seconds / queries),
          `${(queriesPerSecond / (serial?.queriesPerSecond ?? queriesPerSecond)).toFixed(2)} x`,
          passes,
        ],
      })),
    )}${await drawLatencies(throughput, searches)}`,
  };
}

function drawLatencies({ bins, p50Milliseconds, p99Milliseconds }: Throughput, searches: number): Promise<Markup> {
  const marks = [
    { at: p50Milliseconds, text: "p50" },
    { at: p99Milliseconds, text: "p99" },
  ];
  return drawPlot(
    {
      width: PLOT_WIDTH,
      height: 200,
      autosize: { type: "fit", contains: "padding" },
      layer: [
        {
          data: { values: bins.map((bin) => ({ ...bin })) },
          mark: { type: "bar", binSpacing: 1, color: COLOR.accent },
          encoding: {
            x: {
              field: "from ",
              type: "quantitative",
              bin: { binned: true },
              title: "milliseconds",
              axis: { tickCount: 8, grid: false },
            },
            x2: { field: "to" },
            y: { field: "searches", type: "quantitative", title: "searches", axis: { tickCount: 4 } },
          },
        },
        {
          data: { values: marks },
          mark: { type: "rule", color: COLOR.contrast, strokeDash: [4, 3] },
          encoding: { x: { field: "at", type: "quantitative" } },
        },
        {
          data: { values: marks },
          mark: { type: "text", align: "left", dx: 5, color: COLOR.contrast, fontWeight: 500 },
          encoding: { x: { field: "at", type: "quantitative" }, y: { value: 8 }, text: { field: "text" } },
        },
      ],
    },
    "Histogram of the time that a search takes, with marks at the median and at the 99th percentile",
    `Time of ${formatCount(searches)} searches, each begun when the one before was done.`,
  );
}
