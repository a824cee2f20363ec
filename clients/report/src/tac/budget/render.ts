import { formatCount, formatShare } from "../../format.js";
import { dataTable } from "../../page/data-table.js";
import { html } from "../../page/markup.js";
import type { Section } from "../../page/page.js";
import { drawPlot } from "../../page/plot.js";
import { COLOR } from "../../page/plot-theme.js";
import type { TacByType, TacNumbers } from "../measure.js";
import { tierLabel } from "../tier.js";

/** Which tiers, and how few types, hold the centroids. */
export async function budgetSection({ parameters, types }: TacNumbers, { budget, tiers }: TacByType): Promise<Section> {
  const { totalCentroids, minBudget, satCap } = parameters;
  const half = budget.milestones.find(({ share }) => share === 0.5)?.types ?? 0;
  const summaries = tiers.filter(({ tier }) => tier !== "all");
  const tierTable = dataTable("Centroids by tier.", summaries, [
    ["tier", ({ tier }) => tierLabel(tier)],
    ["centroids", ({ centroids }) => formatCount(centroids), "number"],
    ["share", ({ centroidShare }) => formatShare(centroidShare), "number"],
  ]);
  const milestoneTable = dataTable("The fewest types that hold a share of the centroids.", budget.milestones, [
    ["share of the centroids", ({ share }) => formatShare(share)],
    ["types", ({ types: few }) => formatCount(few), "number"],
    ["of all types", ({ types: few }) => formatShare(few / types), "number"],
  ]);
  return {
    id: "budget",
    title: "Where the budget goes",
    lead: `The budget is ${formatCount(totalCentroids)} centroids: ${origin(parameters)}. At least ${formatCount(minBudget)} are needed to give each type its own, and at most ${formatCount(satCap)} can be used. ${formatCount(half)} of ${formatCount(types)} types hold half of the centroids.`,
    body: html`${await drawBudget(budget.points)}<div class="columns">${tierTable}${milestoneTable}</div>`,
  };
}

/** How the budget was chosen. */
function origin({ totalCentroids, satCap, formula, capped }: TacNumbers["parameters"]): string {
  if (capped) return `more were asked for than can be used, so it was lowered to ${formatCount(satCap)}`;
  if (totalCentroids === formula) return "about one centroid per 128 tokens, rounded to a power of two";
  return `about one centroid per 128 tokens would be ${formatCount(formula)}`;
}

function drawBudget(points: TacByType["budget"]["points"]) {
  const values = points.flatMap(({ types, centroidShare, tokenShare }) => [
    { types, of: "centroids", share: centroidShare },
    { types, of: "tokens", share: tokenShare },
  ]);
  const x = {
    field: "types",
    type: "quantitative",
    title: "token types, those with the most centroids first",
    scale: { type: "log", nice: false },
    axis: { format: ",d", tickCount: 6, grid: false },
  } as const;
  const y = {
    field: "share",
    type: "quantitative" as const,
    title: "cumulative share",
    scale: { domain: [0, 1] },
    axis: { format: ".0%", tickCount: 5 },
  };
  const scale = { domain: ["centroids", "tokens"], range: [COLOR.accent, COLOR.contrast] };
  return drawPlot(
    {
      height: 300,
      data: { values },
      mark: { type: "line", strokeWidth: 2.5 },
      encoding: {
        ...{ x, y },
        color: { field: "of", type: "nominal", scale, legend: { title: null, orient: "top-left" } },
      },
    },
    "Two lines over the number of token types: the share of all centroids and of all tokens that they hold together",
    "Cumulative shares over the types, on a logarithmic axis. Where the lines part, frequent types have fewer centroids than their number of tokens alone would give them.",
  );
}
