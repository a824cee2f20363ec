import { formatCount } from "../../format.js";
import type { Section } from "../../page/page.js";
import { drawPlot } from "../../page/plot.js";
import { COLOR } from "../../page/plot-theme.js";
import type { TacByType, TacNumbers } from "../measure.js";
import { TIER_COLORS } from "../tier.js";
import { capOf } from "./measure.js";

/** Centroids of each type by how often it occurs, between floor and cap. */
export async function allocationSection({ parameters }: TacNumbers, { allocation }: TacByType): Promise<Section> {
  const { atFloor, atCap, between, floor, rowsPerCentroid } = allocation;
  return {
    id: "allocation",
    title: "Allocation per token type",
    lead: `The share of an active type is proportional to √count · spread. ${formatCount(atFloor)} active types are at the floor of ${floor} centroids, ${formatCount(atCap)} at the cap of one per ${rowsPerCentroid} tokens, and ${formatCount(between)} between the two.`,
    body: await drawAllocation(allocation, parameters.tacMicroThreshold, parameters.tacSmallThreshold),
  };
}

const COUNT = { field: "count", type: "quantitative" } as const;
const CENTROIDS = { field: "centroids", type: "quantitative" } as const;

function drawAllocation({ points, floor }: TacByType["allocation"], micro: number, small: number) {
  const mostTokens = points.reduce((most, { count }) => Math.max(most, count), small);
  const mostCentroids = points.reduce((most, { centroids }) => Math.max(most, centroids), capOf(mostTokens));
  const end = mostTokens * 1.15;
  const cap = steps(small, mostTokens).map((count) => ({ count, centroids: capOf(count) }));
  const log = (domain: number[]) => ({ type: "log" as const, domain, nice: false });
  const color = {
    field: "tier",
    type: "nominal",
    scale: TIER_COLORS,
    legend: { title: null, orient: "top-left" },
  } as const;
  const dots = {
    data: { values: points.map((point) => ({ ...point })) },
    mark: { type: "circle", opacity: 0.65 } as const,
    encoding: {
      x: { ...COUNT, scale: log([0.85, end]), axis: { format: ",d", tickCount: 6 }, title: "tokens of the type" },
      y: { ...CENTROIDS, scale: log([0.75, 1.3 * mostCentroids]), axis: { format: ",d", tickCount: 5 } },
      size: {
        field: "types",
        type: "quantitative" as const,
        scale: { type: "sqrt" as const, range: [22, 420] },
        legend: null,
      },
      color,
    },
  };
  return drawPlot(
    {
      height: 380,
      layer: [
        {
          data: { values: [{ count: micro }, { count: small }] },
          mark: { type: "rule", strokeDash: [2, 4] },
          encoding: { x: COUNT },
        },
        dots,
        line(cap, { color: COLOR.contrast, interpolate: "step-after" }),
        line(
          [small, end].map((count) => ({ count, centroids: floor })),
          { color: COLOR.contrast, strokeDash: [6, 4] },
        ),
        label({ count: end, centroids: floor, text: `floor: ${floor}` }, { align: "right", dy: 14 }),
        label({ ...(cap.at(-1) as Point), text: "cap: count / 39" }, { align: "right", dx: -8, dy: -8 }),
        label({ count: micro, text: `micro < ${micro}` }, { align: "right", dx: -5, baseline: "bottom" }),
        label({ count: small, text: `${small} ≤ active` }, { align: "left", dx: 5, baseline: "bottom" }),
      ],
    },
    "Scatter plot on logarithmic axes: tokens of each type and its centroids, with the lines of floor and cap",
    "Each dot is the types with one count and one number of centroids; its size shows how many types. Both axes are logarithmic.",
  );
}

interface Point {
  count: number;
  centroids?: number;
}

function line(values: Point[], style: object) {
  const mark = { type: "line" as const, strokeWidth: 1.5, ...style };
  return { data: { values }, mark, encoding: { x: COUNT, y: CENTROIDS } };
}

/** Text at a point; at the top of the plot for a point without a number of centroids. */
function label(point: Point & { text: string }, style: object) {
  const y = point.centroids === undefined ? { value: 12 } : CENTROIDS;
  const mark = { type: "text" as const, ...style };
  return { data: { values: [point] }, mark, encoding: { x: COUNT, y, text: { field: "text" } } };
}

/** Counts at which a line over a logarithmic axis has a vertex. */
function steps(from: number, to: number): number[] {
  const count = 120;
  return Array.from({ length: count + 1 }, (_, i) => Math.round(from * (to / from) ** (i / count)));
}
