import { formatCount, formatNumber, formatShare } from "../../format.js";
import { dataTable } from "../../page/data-table.js";
import type { Section } from "../../page/page.js";
import { drawPlot } from "../../page/plot.js";
import { PLOT_WIDTH } from "../../page/plot-theme.js";
import type { TacByType, TacNumbers } from "../measure.js";
import { TIER_COLORS, tierLabel, tierRange } from "../tier.js";

/** Types, tokens and centroids of each tier. */
export async function tiersSection({ parameters }: TacNumbers, { tiers }: TacByType): Promise<Section> {
  const thresholds = { micro: parameters.tacMicroThreshold, small: parameters.tacSmallThreshold };
  const table = dataTable(
    "Token types by tier. Each share is of the column before it.",
    tiers,
    [
      ["tier", ({ tier }) => tierLabel(tier)],
      ["tokens per type", ({ tier }) => (tier === "all" ? "" : tierRange(tier, thresholds))],
      ["types", ({ types }) => formatCount(types), "number"],
      ["share", ({ typeShare }) => formatShare(typeShare), "number"],
      ["tokens", ({ tokens }) => formatCount(tokens), "number"],
      ["share", ({ tokenShare }) => formatShare(tokenShare), "number"],
      ["centroids", ({ centroids }) => formatCount(centroids), "number"],
      ["share", ({ centroidShare }) => formatShare(centroidShare), "number"],
      ["tokens per centroid", ({ tokensPerCentroid }) => formatNumber(tokensPerCentroid), "number"],
    ],
    ({ tier }) => tier === "all",
  );
  const [, , active, all] = tiers;
  return {
    id: "tiers",
    title: "Frequency tiers",
    lead: `A type is all tokens with one vocabulary id. Every micro type gets one centroid and every small type two. The active types, ${formatShare(active?.typeShare ?? 0)} of the types with ${formatShare(active?.tokenShare ?? 0)} of the tokens, share the rest of the budget of ${formatCount(all?.centroids ?? 0)} centroids.`,
    body: [table, await drawShares(tiers)],
  };
}

function drawShares(tiers: TacByType["tiers"]) {
  const values = tiers
    .filter(({ tier }) => tier !== "all")
    .flatMap(({ tier, typeShare, tokenShare, centroidShare }, order) => [
      { tier, order, of: "types", share: typeShare },
      { tier, order, of: "tokens", share: tokenShare },
      { tier, order, of: "centroids", share: centroidShare },
    ]);
  const sort = ["types", "tokens", "centroids"];
  const [axis, scale] = [{ format: ".0%", tickCount: 5 }, { domain: [0, 1] }];
  return drawPlot(
    {
      width: PLOT_WIDTH - 90,
      height: { step: 42 },
      data: { values },
      mark: { type: "bar", height: { band: 0.62 } },
      encoding: {
        x: { field: "share", type: "quantitative", stack: true, title: null, axis, scale },
        y: { field: "of", type: "nominal", sort, title: null, axis: { labelFontSize: 13 } },
        color: { field: "tier", type: "nominal", scale: TIER_COLORS, legend: { orient: "top", title: null } },
        order: { field: "order", type: "quantitative" },
      },
    },
    "Stacked bars: each tier's share of the token types, of the tokens and of the centroids",
    "Each tier's share of the token types, of the tokens, and of the centroids.",
  );
}
