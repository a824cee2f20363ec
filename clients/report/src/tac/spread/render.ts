import { formatCount, formatNumber } from "../../format.js";
import type { Section } from "../../page/page.js";
import { drawPlot } from "../../page/plot.js";
import { PLOT_WIDTH } from "../../page/plot-theme.js";
import type { TacByType } from "../measure.js";
import { TIER_COLORS } from "../tier.js";

/** How far the tokens of a type lie from each other, by tier. */
export async function spreadSection({ spread }: TacByType): Promise<Section> {
  const medians = spread.medians.filter((median) => median.spread !== null);
  const middle = medians.map(({ tier, spread: value }) => `${formatNumber(value as number)} for ${tier} types`);
  const tiers = new Set(medians.map(({ tier }) => tier));
  const once = spread.once === 0 ? "" : ` ${formatCount(spread.once)} types occur once and are left out.`;
  return {
    id: "spread",
    title: "Spread",
    lead: `The spread of a type is the mean squared distance of its tokens to their mean. A word that means the same everywhere has a small spread; a word whose meaning depends on its context has a large one. The median is ${middle.join(", ") || "not defined"}.${once}`,
    // An empty histogram has no scale.
    body: medians.length === 0 ? undefined : await drawSpread(spread.bins.filter(({ tier }) => tiers.has(tier))),
  };
}

function drawSpread(values: TacByType["spread"]["bins"]) {
  const row = { field: "tier", type: "nominal", title: null, header: { labels: false } } as const;
  return drawPlot(
    {
      data: { values: [...values] },
      facet: { row: { ...row, sort: TIER_COLORS.domain } },
      spec: {
        width: PLOT_WIDTH - 60,
        height: 96,
        mark: { type: "bar", binSpacing: 1 },
        encoding: {
          x: { field: "from", type: "quantitative", bin: { binned: true }, title: "spread", axis: { tickCount: 8 } },
          x2: { field: "to" },
          y: { field: "types", type: "quantitative", title: null, axis: { tickCount: 3, format: "~s" } },
          color: { field: "tier", type: "nominal", scale: TIER_COLORS, legend: { title: null, orient: "top" } },
        },
      },
      resolve: { scale: { y: "independent" } },
      spacing: 14,
    },
    "Histograms of the spread of token types, one per tier",
    "Number of types by their spread. Each tier has its own scale.",
  );
}
