import { formatCount, formatDuration, formatNumber } from "../format.js";
import type { IndexNumbers } from "../index-report/measure.js";
import { dataTable } from "../page/data-table.js";
import type { Markup } from "../page/markup.js";
import type { Section } from "../page/page.js";
import { drawPlot } from "../page/plot.js";
import { COLOR } from "../page/plot-theme.js";
import type { Throughput } from "./measure.js";

/** How fast queries are answered, one by one and as a batch. */
export async function throughputSection({ throughput, queries, queryTokens }: IndexNumbers): Promise<Section> {
  const { p50Milliseconds, p99Milliseconds, batches } = throughput;
  const most = batches.at(-1);
  const serial = batches[0]?.queriesPerSecond ?? 0;
  const table = dataTable(
    "The fastest of several passes: other load on the machine only makes a pass slower.",
    batches,
    [
      ["threads", ({ threads }) => threads, "number"],
      ["queries per second", ({ queriesPerSecond }) => formatCount(queriesPerSecond), "number"],
      ["time per query", ({ seconds }) => formatDuration(seconds / queries), "number"],
      ["compared with one thread", ({ queriesPerSecond }) => `${(queriesPerSecond / serial).toFixed(2)} x`, "number"],
      ["passes", ({ passes }) => passes, "number"],
    ],
  );
  return {
    id: "batch",
    title: "A batch",
    lead: `All ${formatCount(queries)} queries, ${formatNumber(queryTokens / queries)} token vectors each, as one batch: ${formatCount(serial)} per second on one thread, ${formatCount(most?.queriesPerSecond ?? 0)} on ${most?.threads ?? 0}. One after another, half are answered within ${formatDuration(p50Milliseconds / 1000)}, and 99 of 100 within ${formatDuration(p99Milliseconds / 1000)}.`,
    body: [table, await drawLatencies(throughput)],
  };
}

function drawLatencies({ bins, p50Milliseconds, p99Milliseconds, searches }: Throughput): Promise<Markup> {
  const marks = [
    { at: p50Milliseconds, text: "p50" },
    { at: p99Milliseconds, text: "p99" },
  ];
  const at = { field: "at", type: "quantitative" as const };
  const axis = { tickCount: 8, grid: false };
  return drawPlot(
    {
      height: 200,
      layer: [
        {
          data: { values: bins.map((bin) => ({ ...bin })) },
          mark: { type: "bar", binSpacing: 1, color: COLOR.accent },
          encoding: {
            x: { field: "from", type: "quantitative", bin: { binned: true }, title: "milliseconds", axis },
            x2: { field: "to" },
            y: { field: "searches", type: "quantitative", title: "searches", axis: { tickCount: 4 } },
          },
        },
        {
          data: { values: marks },
          mark: { type: "rule", color: COLOR.contrast, strokeDash: [4, 3] },
          encoding: { x: at },
        },
        {
          data: { values: marks },
          mark: { type: "text", align: "left", dx: 5, color: COLOR.contrast, fontWeight: 500 },
          encoding: { x: at, y: { value: 8 }, text: { field: "text" } },
        },
      ],
    },
    "Histogram of the time of a search, with marks at the median and at the 99th percentile",
    `Time of ${formatCount(searches)} searches, each started when the previous one was done.`,
  );
}
