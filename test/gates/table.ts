import { type Figure, isWithin } from "./gate.js";
import type { Verdict } from "./run-gates.js";

/** The verdicts as a table: a line for each figure, with its limit. */
export function renderTable(verdicts: readonly Verdict[]): string {
  const rows = verdicts.flatMap(({ id, figures, failure, passed, seconds }) => {
    const lines = figures.map((figure) => [figure.what, show(figure), limit(figure), isWithin(figure) ? "" : "<"]);
    if (failure !== undefined) lines.push([failure.split("\n")[0] ?? "", "not measured", "", "<"]);
    const verdict = passed ? "pass" : "FAIL";
    return lines.map((line, i) =>
      i === 0 ? [id, verdict, `${seconds.toFixed(0)} s`, ...line] : ["", "", "", ...line],
    );
  });
  const head = ["gate", "verdict", "time", "what", "figure", "limit", ""];
  const widths = head.map((title, i) => Math.max(...[head, ...rows].map((row) => (row[i] ?? "").length), title.length));
  return [head, ...rows]
    .map((row) =>
      row
        .map((cell, i) => cell.padEnd(widths[i] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

function show({ got, unit = "" }: Figure): string {
  return number(got) + (unit === "" ? "" : ` ${unit}`);
}

function limit({ most, least, unit = "" }: Figure): string {
  const sign = most === undefined ? "≥" : "≤";
  return `${sign} ${number(most ?? least ?? Number.NaN)}${unit === "" ? "" : ` ${unit}`}`;
}

function number(value: number): string {
  return Number.isInteger(value) ? value.toLocaleString("en-US") : value.toFixed(Math.abs(value) < 10 ? 2 : 1);
}
