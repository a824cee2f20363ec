import { None, parse, View } from "vega";
import { compile, type TopLevelSpec } from "vega-lite";
import { type Comparison, findBuild } from "./comparison.js";
import { showPoint } from "./grid.js";
import { TIERS } from "./token-types.js";

export interface Plot {
  readonly title: string;
  readonly svg: string;
}

const SIDES = { domain: ["ours", "reference"], range: ["#1f5fc4", "#c2410c"] };
const COLOR = { field: "side", type: "nominal" as const, scale: SIDES, title: null };

export async function plots(comparison: Comparison): Promise<Plot[]> {
  const groups = (["whole", "same"] as const).filter((group) => findBuild(comparison, group, "ours") !== undefined);
  const recalls = groups.map((group) =>
    draw(`recall@10 against exact MaxSim, ${group === "whole" ? "whole builds" : "the reference's clusters"}`, {
      data: { values: recallRows(comparison, group) },
      mark: { type: "line", point: true },
      encoding: {
        x: {
          field: "point",
          type: "ordinal",
          sort: null,
          title: "k_centroids / k_docs / ef / alpha",
          axis: { labelAngle: -35 },
        },
        y: { field: "recall", type: "quantitative", scale: { zero: false }, title: "recall@10" },
        color: COLOR,
      },
    }),
  );
  return Promise.all([
    ...recalls,
    latencyPlot(comparison),
    errorPlot(comparison),
    allocationPlot(comparison),
    ...buildPlots(comparison),
  ]);
}

function recallRows(comparison: Comparison, group: "whole" | "same") {
  return SIDES.domain.flatMap((side) => {
    const build = findBuild(comparison, group, side as "ours" | "reference");
    return comparison.grid.map((point, i) => ({ side, point: showPoint(point), recall: build?.recalls[i] }));
  });
}

function latencyPlot(comparison: Comparison): Promise<Plot> {
  const values = (["ours", "reference"] as const).flatMap((side) => {
    const recalls = findBuild(comparison, "whole", side)?.recalls ?? [];
    return recalls.map((recall, point) => ({ side, recall, milliseconds: comparison.timing[side][point] }));
  });
  return draw("recall@10 and the time of a query on one thread, whole builds", {
    data: { values },
    mark: { type: "line", point: true },
    encoding: {
      x: { field: "milliseconds", type: "quantitative", scale: { type: "log" }, title: "milliseconds" },
      y: { field: "recall", type: "quantitative", scale: { zero: false }, title: "recall@10" },
      order: { field: "milliseconds" },
      color: COLOR,
    },
  });
}

function errorPlot({ tac }: Comparison): Promise<Plot> {
  const values = (["ours", "reference"] as const).flatMap((side) =>
    (["all", ...TIERS] as const).map((tier) => ({ side, tier, error: tac[side].errors[tier] })),
  );
  return draw("Mean squared quantisation error of the clusters", {
    data: { values },
    mark: "bar",
    encoding: {
      x: { field: "tier", type: "ordinal", sort: null, title: "tokens of", axis: { labelAngle: 0 } },
      xOffset: { field: "side" },
      y: { field: "error", type: "quantitative", title: "mean squared error" },
      color: COLOR,
    },
  });
}

function allocationPlot({ allocation }: Comparison): Promise<Plot> {
  return draw("Centroids of each active token type", {
    data: { values: [...allocation.pairs] },
    mark: { type: "point", filled: true, opacity: 0.6, color: "#1f5fc4" },
    encoding: {
      x: { field: "reference", type: "quantitative", scale: { type: "log" }, title: "the reference" },
      y: { field: "ours", type: "quantitative", scale: { type: "log" }, title: "ours" },
      size: { field: "types", type: "quantitative", scale: { type: "log", range: [12, 400] }, title: "types" },
    },
  });
}

function buildPlots(comparison: Comparison): Promise<Plot>[] {
  const figures = [
    { title: "Time of a whole build", unit: "seconds", of: "seconds", scale: 1 },
    { title: "Peak anonymous memory of a whole build", unit: "MB", of: "peakAnonymousBytes", scale: 1e6 },
    { title: "Size of the index", unit: "MB", of: "bytes", scale: 1e6 },
  ] as const;
  return figures.map(({ title, unit, of, scale }) =>
    draw(
      title,
      {
        data: {
          values: (["ours", "reference"] as const).map((side) => ({
            side,
            value: (findBuild(comparison, "whole", side)?.[of] ?? 0) / scale,
          })),
        },
        mark: "bar",
        encoding: {
          y: { field: "side", type: "nominal", title: null },
          x: { field: "value", type: "quantitative", title: unit },
          color: { ...COLOR, legend: null },
        },
      },
      80,
    ),
  );
}

async function draw(title: string, spec: object, height = 280): Promise<Plot> {
  const full = { ...spec, width: 720, height, background: "white", config: { font: "system-ui, sans-serif" } };
  const view = new View(parse(compile(full as TopLevelSpec).spec), { renderer: "none", logLevel: None });
  try {
    return { title, svg: await view.toSVG() };
  } finally {
    view.finalize();
  }
}
