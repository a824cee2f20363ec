import { formatCount, formatDuration } from "../format.js";
import type { WalkthroughNumbers } from "../index-report/measure.js";
import { dataTable } from "../page/data-table.js";
import { html, type Markup } from "../page/markup.js";
import type { Section } from "../page/page.js";
import { drawPlot } from "../page/plot.js";
import { COLOR, PLOT_WIDTH } from "../page/plot-theme.js";
import type { Evaluation } from "./measure.js";

/** How good the rankings are. */
export async function evaluationSection({
  evaluation,
  exactSeconds,
  throughput,
  queries,
  machine,
}: WalkthroughNumbers): Promise<Section> {
  const { judged, recall10 } = evaluation;
  const batch = throughput.batches.at(-1)?.seconds ?? 0;
  const judgements =
    judged === null
      ? "No judgements were given, so there is nothing to say about relevance."
      : `nDCG@10 and Success@5 are means over ${formatCount(judged.queries)} queries with a relevant document.`;
  return {
    id: "evaluation",
    title: "Evaluation",
    lead: `The yardstick is exact MaxSim over the original vectors: ${formatDuration(exactSeconds / queries)} a query on ${machine.threads} threads, where the index takes ${formatDuration(batch / queries)}. Recall@10 is ${recall10.toFixed(4)}: that share of its ten best documents is among the index's ten best. ${judgements}`,
    body: html`${qualityTable(evaluation)}${await drawRecalls(evaluation)}`,
  };
}

function qualityTable({ judged, recall10 }: Evaluation): Markup {
  const rows =
    judged === null
      ? []
      : [
          measure("nDCG@10", judged.index.ndcg10, judged.exact.ndcg10),
          measure("Success@5", judged.index.success5, judged.exact.success5),
        ];
  return dataTable(
    "The index beside exact MaxSim.",
    [
      { title: "" },
      { title: "index", numeric: true },
      { title: "exact MaxSim", numeric: true },
      { title: "difference", numeric: true },
    ],
    [...rows, measure("recall@10 of exact MaxSim's ten best", recall10, 1)],
  );
}

function measure(name: string, index: number, exact: number) {
  const difference = index - exact;
  const sign = difference < 0 ? "−" : "+";
  const shown = Math.abs(difference).toFixed(4);
  return { cells: [name, index.toFixed(4), exact.toFixed(4), shown === "0.0000" ? "0" : `${sign}${shown}`] };
}

function drawRecalls({ recallHistogram }: Evaluation): Promise<Markup> {
  return drawPlot(
    {
      width: PLOT_WIDTH,
      height: 170,
      autosize: { type: "fit", contains: "padding" },
      data: { values: recallHistogram.map((queries, found) => ({ found, queries })) },
      mark: { type: "bar", color: COLOR.accent, width: { band: 0.7 } },
      encoding: {
        x: { field: "found", type: "ordinal", title: "found of exact MaxSim's ten best", axis: { labelAngle: 0 } },
        y: { field: "queries", type: "quantitative", title: "queries", axis: { tickCount: 4 } },
      },
    },
    "Bars: how many queries find how many of exact MaxSim's ten best documents",
    "Queries by how many of exact MaxSim's ten best documents are among the index's ten best.",
  );
}
