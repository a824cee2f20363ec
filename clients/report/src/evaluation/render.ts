import { formatCount, formatDuration } from "../format.js";
import type { IndexNumbers } from "../index-report/measure.js";
import { dataTable } from "../page/data-table.js";
import type { Markup } from "../page/markup.js";
import type { Section } from "../page/page.js";
import { drawPlot } from "../page/plot.js";
import { COLOR } from "../page/plot-theme.js";
import type { Evaluation } from "./measure.js";

/** Quality of the rankings. */
export async function evaluationSection(numbers: IndexNumbers): Promise<Section> {
  const { evaluation, exactSeconds, throughput, queries, machine } = numbers;
  const { judged, recall10 } = evaluation;
  const batch = throughput.batches.at(-1)?.seconds ?? 0;
  const judgements =
    judged === null
      ? "No query has a judgement of a relevant document, so there is nothing to say about relevance."
      : `nDCG@10 and Success@5 are means over the ${formatCount(judged.queries)} of ${formatCount(queries)} queries with a relevant document.`;
  return {
    id: "evaluation",
    title: "Evaluation",
    lead: `The yardstick is exact MaxSim over the original vectors: ${formatDuration(exactSeconds / queries)} per query on ${machine.threads} threads, where the index takes ${formatDuration(batch / queries)}. Recall@10 is ${recall10.toFixed(4)}: the share of its ten best documents that are among the index's ten best. ${judgements}`,
    body: [qualityTable(evaluation), await drawRecalls(evaluation)],
  };
}

function qualityTable({ judged, recall10 }: Evaluation): Markup {
  const rows: [name: string, index: number, exact: number][] = [];
  if (judged !== null) {
    rows.push(["nDCG@10", judged.index.ndcg10, judged.exact.ndcg10]);
    rows.push(["Success@5", judged.index.success5, judged.exact.success5]);
  }
  rows.push(["recall@10 of exact MaxSim's ten best", recall10, 1]);
  return dataTable("The index compared with exact MaxSim.", rows, [
    ["", ([name]) => name],
    ["index", ([, index]) => index.toFixed(4), "number"],
    ["exact MaxSim", ([, , exact]) => exact.toFixed(4), "number"],
    ["difference", ([, index, exact]) => signed(index - exact), "number"],
  ]);
}

function signed(difference: number): string {
  const digits = Math.abs(difference).toFixed(4);
  return digits === "0.0000" ? "0" : `${difference < 0 ? "−" : "+"}${digits}`;
}

function drawRecalls({ recallHistogram }: Evaluation): Promise<Markup> {
  const title = "found of exact MaxSim's ten best";
  return drawPlot(
    {
      height: 170,
      data: { values: recallHistogram.map((queries, found) => ({ found, queries })) },
      mark: { type: "bar", color: COLOR.accent, width: { band: 0.7 } },
      encoding: {
        x: { field: "found", type: "ordinal", title, axis: { labelAngle: 0 } },
        y: { field: "queries", type: "quantitative", title: "queries", axis: { tickCount: 4 } },
      },
    },
    "Bars: number of queries by how many of exact MaxSim's ten best documents they find",
    "Queries by how many of exact MaxSim's ten best documents are among the index's ten best.",
  );
}
