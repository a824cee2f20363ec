import { formatCount, formatNumber, formatShare } from "../../format.js";
import { dataTable } from "../../page/data-table.js";
import { html } from "../../page/markup.js";
import type { Section } from "../../page/page.js";
import { drawPlot } from "../../page/plot.js";
import { COLOR, PLOT_WIDTH } from "../../page/plot-theme.js";
import type { TacByType } from "../measure.js";
import { tierLabel } from "../tier-label.js";

/** How far tokens lie from their centroids: what is left for the residual codes. */
export async function errorSection({ tiers, errorByFrequency }: TacByType): Promise<Section> {
  const all = tiers.find(({ tier }) => tier === "all");
  const table = dataTable(
    "Means over the tokens of each tier.",
    [
      { title: "tier" },
      { title: "tokens", numeric: true },
      { title: "spread", numeric: true },
      { title: "quantisation error", numeric: true },
      { title: "left of the spread", numeric: true },
    ],
    tiers.map(({ tier, tokens, spread, error }) => ({
      cells: [
        tier === "all" ? "all" : tierLabel(tier),
        formatCount(tokens),
        formatNumber(spread),
        formatNumber(error),
        spread === 0 ? "" : formatShare(error / spread),
      ],
      strong: tier === "all",
    })),
  );
  return {
    id: "error",
    title: "Quantisation error",
    lead: `The mean squared distance between a token and its centroid is ${formatNumber(all?.error ?? 0)}. It is what the residual codes are left with; without centroids within a type it would be the spread, ${formatNumber(all?.spread ?? 0)}.`,
    body: html`${table}${await drawErrors(errorByFrequency)}`,
  };
}

function drawErrors(bins: TacByType["errorByFrequency"]) {
  const values = bins.flatMap(({ from, spread, error }) => [
    { from, of: "spread: to the mean of the type", value: spread },
    { from, of: "error: to the centroid", value: error },
  ]);
  const domain = ["spread: to the mean of the type", "error: to the centroid"];
  return drawPlot(
    {
      width: PLOT_WIDTH,
      height: 280,
      autosize: { type: "fit", contains: "padding" },
      data: { values },
      mark: { type: "line", strokeWidth: 2.5, point: { size: 45, filled: true } },
      encoding: {
        x: {
          field: "from ",
          type: "quantitative",
          scale: { type: "log", base: 2, nice: false },
          axis: { format: ",d", values: bins.map(({ from }) => from), grid: false },
          title: "tokens of the type, at least",
        },
        y: {
          field: "value",
          type: "quantitative",
          scale: { zero: true },
          axis: { tickCount: 5 },
          title: "mean squared distance",
        },
        color: {
          field: "of",
          type: "nominal",
          scale: { domain, range: [COLOR.muted, COLOR.accent] },
          legend: { title: null, orient: "top", labelLimit: 320 },
        },
      },
    },
    "Two lines over how often a type occurs: mean squared distance of tokens to the mean of their type and to their centroid",
    "Types by how often they occur, each dot from one power of two to the next. Between the lines lies what the centroids explain.",
  );
}
