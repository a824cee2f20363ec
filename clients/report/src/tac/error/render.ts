import { formatCount, formatNumber, formatShare } from "../../format.js";
import { dataTable } from "../../page/data-table.js";
import type { Section } from "../../page/page.js";
import { drawPlot } from "../../page/plot.js";
import { COLOR } from "../../page/plot-theme.js";
import type { TacByType } from "../measure.js";
import { tierLabel } from "../tier.js";

/** How far tokens lie from their centroids: the residuals that are coded. */
export async function errorSection({ tiers, errorByFrequency }: TacByType): Promise<Section> {
  const all = tiers.find(({ tier }) => tier === "all");
  const table = dataTable(
    "Means over the tokens of each tier.",
    tiers,
    [
      ["tier", ({ tier }) => tierLabel(tier)],
      ["tokens", ({ tokens }) => formatCount(tokens), "number"],
      ["spread", ({ spread }) => formatNumber(spread), "number"],
      ["quantisation error", ({ error }) => formatNumber(error), "number"],
      ["left of the spread", ({ spread, error }) => (spread === 0 ? "" : formatShare(error / spread)), "number"],
    ],
    ({ tier }) => tier === "all",
  );
  return {
    id: "error",
    title: "Quantisation error",
    lead: `The mean squared distance between a token and its centroid is ${formatNumber(all?.error ?? 0)}. The residual codes encode this difference. With one centroid per type, the distance would be the spread, ${formatNumber(all?.spread ?? 0)}.`,
    body: [table, await drawErrors(errorByFrequency)],
  };
}

function drawErrors(bins: TacByType["errorByFrequency"]) {
  const domain = ["spread: to the mean of the type", "error: to the centroid"];
  const values = bins.flatMap(({ from, spread, error }) => [
    { from, of: domain[0], value: spread },
    { from, of: domain[1], value: error },
  ]);
  const scale = { type: "log", base: 2, nice: false } as const;
  const axis = { format: ",d", values: bins.map(({ from }) => from), grid: false };
  return drawPlot(
    {
      height: 280,
      data: { values },
      mark: { type: "line", strokeWidth: 2.5, point: { size: 45, filled: true } },
      encoding: {
        x: { field: "from", type: "quantitative", title: "tokens of the type, at least", scale, axis },
        y: { field: "value", type: "quantitative", axis: { tickCount: 5 }, title: "mean squared distance" },
        color: {
          field: "of",
          type: "nominal",
          scale: { domain, range: [COLOR.muted, COLOR.accent] },
          legend: { title: null, orient: "top", labelLimit: 320 },
        },
      },
    },
    "Two lines over how often a type occurs: mean squared distance of tokens to the mean of their type and to their centroid",
    "Types by how often they occur, each dot from one power of two to the next. The distance between the lines is the share that the centroids explain.",
  );
}
