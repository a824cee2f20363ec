import type { BenchmarkRecord } from "../record/record.js";
import type { Table } from "../record/table.js";

/** What is asked, by its name in a record of `bench:pylate`. */
const ENGINES = {
  exact: "exact MaxSim",
  tachiom: "PyLate's `TachiomIndex`",
  maxsimd: "maxsimd, built from all documents",
  "maxsimd-grown": "maxsimd, built from half of them; `add_documents` added the others",
};

/** Quality, agreement and times of the indexes behind PyLate's retriever. */
export function pylateTable([record]: readonly BenchmarkRecord[]): Table {
  const show = (value: number | undefined, digits: number, unit = "") =>
    value === undefined || Number.isNaN(value) ? "" : `${value.toFixed(digits)}${unit}`;
  const rows = Object.entries(ENGINES).map(([engine, what]) => {
    const value = (metric: string) => record?.value(engine, {}, metric);
    const time = (calls: string) => {
      const { value, low, high } = record?.find(engine, { calls }, "query_time") ?? {};
      return value === undefined ? "" : `${show(value, 1)} ms (${show(low, 1)} to ${show(high, 1)})`;
    };
    return [
      what,
      show(value("recall@10"), 4),
      show(value("overlap@10"), 4),
      show(value("ndcg@10"), 4),
      show(100 * (value("score_error") ?? Number.NaN), 2, " %"),
      show(value("build"), 1, " s"),
      time("alone"),
      time("together"),
    ];
  });
  const head = [
    "",
    "recall@10",
    "share of the ten that Tachiom finds",
    "nDCG@10",
    "mean error of a score",
    "build, or add",
    "a query, each in a call",
    "a query, all in one call",
  ];
  return { head, rows };
}

/** Which recipes ran, with which packages. */
export function recipesTable([record]: readonly BenchmarkRecord[]): Table {
  const figures = record?.figures ?? [];
  const rows = figures
    .filter(({ metric }) => metric === "passed")
    .map(({ parameters, value }) => {
      const installed = figures
        .filter((figure) => figure.metric === "installed" && figure.parameters.startsWith(`${parameters} `))
        .map((figure) => /package=(\S+) version=(\S+)/.exec(figure.parameters)?.slice(1).join(" "));
      const named = { recipe: parameters.replace("recipe=", "") };
      return [
        named.recipe.replaceAll("_", " "),
        installed.join(", "),
        `${record?.value("maxsimd", named, "lines")}`,
        value === 1 ? "passed" : "failed",
        `${record?.value("maxsimd", named, "time").toFixed(1)} s`,
      ];
    });
  return { head: ["recipe", "packages", "lines", "result", "time"], rows };
}
