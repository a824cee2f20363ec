import { formatCount, formatShare } from "../../format.js";
import { dataTable } from "../../page/data-table.js";
import { html } from "../../page/markup.js";
import type { Section } from "../../page/page.js";
import { drawPlot } from "../../page/plot.js";
import { COLOR, PLOT_WIDTH } from "../../page/plot-theme.js";
import type { TacByType, TacNumbers } from "../measure.js";
import { tierLabel } from "../tier-label.js";

/** Which tiers, and how few types, hold the centroids. */
export async function budgetSection({ parameters, types }: TacNumbers, byType: TacByType): Promise<Section> {
  const { totalCentroids, minBudget, satCap } = parameters;
  const half = byType.budget.milestones.find(({ share }) => share === 0.5)?.types ?? 0;
  const tiers = byType.tiers.filter((summary) => summary.tier !== "all");
  return {
    id: "budget",
    title: "Where the budget goes",
    lead: `The budget is ${formatCount(totalCentroids)} centroids: ${origin(parameters)}. The least that gives each type its own is ${formatCount(minBudget)}, and more than ${formatCount(satCap)} cannot be filled. ${formatCount(half)} of ${formatCount(types)} types hold half of the centroids.`,
    body: html`${await drawBudget(byType.budget.points)}<div class="columns">${dataTable(
      "Centroids by tier.",
      [{ title: "tier" }, { title: "centroids", numeric: true }, { title: "share", numeric: true }],
      tiers.map(({ tier, centroids, centroidShare }) => ({
        cells: [tier === "all" ? tier : tierLabel(tier), formatCount(centroids), formatShare(centroidShare)],
      })),
    )}${dataTable(
      "The fewest types that hold a share of the centroids.",
      [
        { title: "share of the centroids" },
        { title: "types", numeric: true },
        { title: "of all types", numeric: true },
      ],
      byType.budget.milestones.map(({ share, types: few }) => ({
        cells: [formatShare(share), formatCount(few), formatShare(few / types)],
      })),
    )}</div>`,
  };
}

/** How the budget came about. */
function origin({ totalCentroids, satCap, formula, capped }: TacNumbers["parameters"]): string {
  if (capped) return `more were asked for than can be filled, so it was lowered to ${formatCount(satCap)}`;
  if (totalCentroids === formula) return "a centroid for about 128 tokens, as a power of two";
  return `a centroid for about 128 tokens would make ${formatCount(formula)}`;
}

function drawBudget(points: TacByType["budget"]["points"]) {
  const values = points.flatMap(({ types, centroidShare, tokenShare }) => [
    { types, of: "centroids", share: centroidShare },
    { types, of: "tokens", share: tokenShare },
  ]);
  return drawPlot(
    {
      width: PLOT_WIDTH,
      height: 300,
      autosize: { type: "fit", contains: "padding" },
      data: { values },
      mark: { type: "line", strokeWidth: 2.5 },
      encoding: {
        x: {
          field: "types",
          type: "quantitative",
          scale: { type: "log", nice: false },
          axis: { format: ",d", tickCount: 6, grid: false },
          title: "token types, those with the most centroids first",
        },
        y: {
          field: "share",
          type: "quantitative",
          scale: { domain: [0, 1] },
          axis: { format: ".0%", tickCount: 5 },
          title: "share held by them",
        },
        color: {
          field: "of",
          type: "nominal",
          scale: { domain: ["centroids", "tokens"], range: [COLOR.accent, COLOR.contrast] },
          legend: { title: null, orient: "top-left" },
        },
      },
    },
    "Two lines over the number of token types: the share of all centroids and of all tokens that they hold together",
    "Shares added up over the types; the axis of types is logarithmic. Where the lines part, frequent types have fewer centroids than their tokens alone would earn.",
  );
}
