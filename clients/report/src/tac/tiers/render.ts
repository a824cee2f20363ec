import { formatCount, formatNumber, formatShare } from "../../format.js";
import { dataTable } from "../../page/data-table.js";
import { html } from "../../page/markup.js";
import type { Section } from "../../page/page.js";
import { drawPlot } from "../../page/plot.js";
import { PLOT_WIDTH } from "../../page/plot-theme.js";
import type { TacByType, TacNumbers } from "../measure.js";
import { TIER_COLORS, tierLabel, tierRange } from "../tier-label.js";

/** Who is micro, small and active, and what each tier has of types, tokens and centroids. */
export async function tiersSection({ parameters }: TacNumbers, { tiers }: TacByType): Promise<Section> {
  const thresholds = { micro: parameters.tacMicroThreshold, small: parameters.tacSmallThreshold };
  const rows = tiers.map(({ tier, ...of }) => ({
    cells: [
      tier === "all" ? "all" : tierLabel(tier),
      tier === "all" ? "" : tierRange(tier, thresholds),
      formatCount(of.types),
      formatShare(of.typeShare),
      formatCount(of.tokens),
      formatShare(of.tokenShare),
      formatCount(of.centroids),
      formatShare(of.centroidShare),
      formatNumber(of.tokensPerCentroid),
    ],
    strong: tier === "all",
  }));
  const table = dataTable(
    "Token types by tier; shares are of the column before.",
    [
      { title: "tier" },
      { title: "a type has" },
      { title: "types", numeric: true },
      { title: "share", numeric: true },
      { title: "tokens", numeric: true },
      { title: "share", numeric: true },
      { title: "centroids", numeric: true },
      { title: "share", numeric: true },
      { title: "tokens per centroid", numeric: true },
    ],
    rows,
  );
  const [, , active, all] = tiers;
  return {
    id: "tiers",
    title: "Frequency tiers",
    lead: `A type is all tokens with one vocabulary id. Micro types get one centroid and small types two, whatever they hold; the active ones, ${formatShare(active?.typeShare ?? 0)} of the types with ${formatShare(active?.tokenShare ?? 0)} of the tokens, share the rest of the budget of ${formatCount(all?.centroids ?? 0)}.`,
    body: html`${table}${await drawShares(tiers)}`,
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
  return drawPlot(
    {
      width: PLOT_WIDTH - 90,
      height: { step: 42 },
      data: { values },
      mark: { type: "bar", height: { band: 0.62 } },
      encoding: {
        x: {
          field: "share",
          type: "quantitative",
          stack: true,
          title: null,
          axis: { format: ".0%", tickCount: 5 },
          scale: { domain: [0, 1] },
        },
        y: {
          field: "of",
          type: "nominal",
          sort: ["types", "tokens", "centroids"],
          title: null,
          axis: { labelFontSize: 13 },
        },
        color: { field: "tier", type: "nominal", scale: TIER_COLORS, legend: { orient: "top", title: null } },
        order: { field: "order", type: "quantitative" },
      },
    },
    "Stacked bars: each tier's share of the token types, of the tokens and of the centroids",
    "What each tier has of the token types, of the tokens, and of the centroids.",
  );
}
