import { formatCount } from "../../format.js";
import type { Section } from "../../page/page.js";
import { drawPlot } from "../../page/plot.js";
import { COLOR, PLOT_WIDTH } from "../../page/plot-theme.js";
import type { TacByType, TacNumbers } from "../measure.js";
import { TIER_COLORS } from "../tier-label.js";
import { capOf } from "./measure.js";

/** Centroids of each type over how often it occurs, between floor and cap. */
export async function allocationSection({ parameters }: TacNumbers, { allocation }: TacByType): Promise<Section> {
  const { atFloor, atCap, between, floor, rowsPerCentroid } = allocation;
  return {
    id: "allocation",
    title: "Allocation per token type",
    lead: `An active type's share goes with √count · spread. ${formatCount(atFloor)} active types are at the floor of ${floor} centroids, ${formatCount(atCap)} at the cap of one for ${rowsPerCentroid} tokens, ${formatCount(between)} between the two.`,
    body: await drawAllocation(allocation, parameters.tacMicroThreshold, parameters.tacSmallThreshold),
  };
}

function drawAllocation({ points, floor }: TacByType["allocation"], micro: number, small: number) {
  const mostTokens = points.reduce((most, { count }) => Math.max(most, count), small);
  const mostCentroids = points.reduce((most, { centroids }) => Math.max(most, centroids), capOf(mostTokens));
  const end = mostTokens * 1.15;
  const cap = steps(small, mostTokens).map((count) => ({ count, centroids: capOf(count) }));
  const edge = { type: "rule" as const, strokeDash: [2, 4] };
  return drawPlot(
    {
      width: PLOT_WIDTH,
      height: 380,
      autosize: { type: "fit", contains: "padding" },
      layer: [
        {
          data: { values: [{ count: micro }, { count: small }] },
          mark: edge,
          encoding: { x: { field: "count", type: "quantitative" } },
        },
        {
          data: { values: points },
          mark: { type: "circle", opacity: 0.65 },
          encoding: {
            x: {
              field: "count",
              type: "quantitative",
              scale: { type: "log", domain: [0.85, end], nice: false },
              axis: { format: ",d", tickCount: 6 },
              title: "tokens of the type",
            },
            y: {
              field: "centroids",
              type: "quantitative",
              scale: { type: "log", domain: [0.75, 1.3 * mostCentroids], nice: false },
              axis: { format: ",d", tickCount: 5 },
              title: "centroids",
            },
            color: { field: "tier", type: "nominal", scale: TIER_COLORS, legend: { title: null, orient: "top-left" } },
            size: {
              field: "types",
              type: "quantitative",
              scale: { type: "sqrt", range: [22, 420] },
              legend: null,
            },
          },
        },
        line(cap, { color: COLOR.contrast, interpolate: "step-after" }),
        line(
          [small, end].map((count) => ({ count, centroids: floor })),
          { color: COLOR.contrast, strokeDash: [6, 4] },
        ),
        label([{ count: end, centroids: floor, text: `floor: ${floor}` }], { align: "right", dy: 14 }),
        label([{ count: cap.at(-1)?.count ?? end, centroids: capOf(mostTokens), text: "cap: count / 39" }], {
          align: "right",
          dx: -8,
          dy: -8,
        }),
        label([{ count: micro, text: `micro < ${micro}` }], { align: "right", dx: -5, baseline: "bottom" }),
        label([{ count: small, text: `${small} ≤ active` }], { align: "left", dx: 5, baseline: "bottom" }),
      ],
    },
    "Scatter plot on logarithmic axes: tokens of each type against its centroids, with the lines of floor and cap",
    "Each dot is the types with one count and one number of centroids; the larger, the more types. Both axes are logarithmic.",
  );
}

type Values = { count: number; centroids?: number; text?: string }[];

function line(values: Values, style: object) {
  return {
    data: { values },
    mark: { type: "line" as const, strokeWidth: 1.5, ...style },
    encoding: {
      x: { field: "count", type: "quantitative" as const },
      y: { field: "centroids", type: "quantitative" as const },
    },
  };
}

/** Text at a point; where no number of centroids is given, at the top of the plot. */
function label(values: Values, style: object) {
  const y = values[0]?.centroids === undefined ? { value: 12 } : { field: "centroids", type: "quantitative" as const };
  return {
    data: { values },
    mark: { type: "text" as const, ...style },
    encoding: { x: { field: "count", type: "quantitative" as const }, y, text: { field: "text" } },
  };
}

/** Counts where a line over a logarithmic axis is to be bent. */
function steps(from: number, to: number): number[] {
  const count = 120;
  return Array.from({ length: count + 1 }, (_, i) => Math.round(from * (to / from) ** (i / count)));
}
