import { dataTable, drawPlot, renderPage } from "@maxsimd/report/page";
import type { TopLevelSpec } from "vega-lite";
import type { BenchmarkRecord } from "../record/record.js";
import { atPoint, GRID, showPoint } from "./grid.js";
import { TABLES } from "./tables.js";
import { type BuildParameters, ENGINES, OWN, SAME } from "./variants.js";

/** One HTML file with the tables and plots of a record. It fetches nothing and runs nothing. */
export async function comparisonPage(record: BenchmarkRecord): Promise<string> {
  const title = `maxsimd and tachiom on ${record.dataset}`;
  const tables = Object.entries(TABLES).map(([name, table]) => {
    const { head, rows } = table([record]);
    const columns = head.map(
      (heading, i) => [heading, (row: readonly string[]) => row[i]?.replaceAll("**", "")] as const,
    );
    return { name, body: dataTable(name, rows, columns) };
  });
  const drawn = Object.entries(plots(record)).map(async ([name, spec]) => {
    const full = { height: 280, ...spec } as TopLevelSpec;
    return { name, body: await drawPlot(full, name, name) };
  });
  return renderPage({
    title,
    subtitle: Object.values(record.circumstances).join("; "),
    figures: [],
    sections: [...tables, ...(await Promise.all(drawn))].map(({ name, body }, i) => {
      return { id: `section-${i + 1}`, title: name, lead: "", body };
    }),
    footer: "Written by npm run bench:reference.",
    numbers: record,
  });
}

function plots(record: BenchmarkRecord): Record<string, object> {
  const at = (build: BuildParameters) =>
    ENGINES.flatMap((engine) =>
      GRID.map((point) => ({
        engine,
        point: showPoint(point),
        recall: record.value(engine, atPoint(build, point), "recall@10"),
        milliseconds: record.value(engine, atPoint(build, point), "query_time"),
      })),
    );
  const color = { field: "engine", scale: { range: ["var(--accent)", "var(--contrast)"] }, title: null };
  const y = { field: "recall", type: "quantitative", scale: { zero: false }, title: "recall@10" };
  const lines = (build: BuildParameters, encoding: object) => {
    return { data: { values: at(build) }, mark: { type: "line", point: true }, encoding: { ...encoding, y, color } };
  };
  const settings = {
    field: "point",
    sort: null,
    title: "k_centroids / k_docs / ef / alpha",
    axis: { labelAngle: -35 },
  };
  const errors = record.figures
    .filter(({ metric }) => metric === "mean_squared_error")
    .map(({ engine, parameters, value }) => ({ engine, tokens: parameters.split("tokens=")[1], value }));
  const value = { field: "value", type: "quantitative", title: null };
  const bars = (metric: string) => ({
    data: { values: ENGINES.map((engine) => ({ engine, value: record.value(engine, OWN, metric) })) },
    ...{ mark: "bar", height: 80, encoding: { y: { field: "engine", title: null }, x: value, color } },
  });
  return {
    "recall@10 against exact MaxSim, own clusters": lines(OWN, { x: settings }),
    "recall@10 against exact MaxSim, the reference's clusters": lines(SAME, { x: settings }),
    "recall@10 and the time of a query on one thread, own clusters": lines(OWN, {
      x: { field: "milliseconds", type: "quantitative", scale: { type: "log" } },
      order: { field: "milliseconds", type: "quantitative" },
    }),
    "Mean squared quantisation error by kind of token": {
      ...{ data: { values: errors }, mark: "bar" },
      encoding: { x: { field: "tokens", sort: null }, xOffset: { field: "engine" }, y: value, color },
    },
    "Time of a build, seconds": bars("build_time"),
    "Peak anonymous memory of a build, bytes": bars("peak_anonymous_memory"),
    "Size of the index, bytes": bars("index_size"),
  };
}
