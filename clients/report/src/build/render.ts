import { formatBytes, formatCount, formatDuration } from "../format.js";
import { dataTable } from "../page/data-table.js";
import { html, type Markup } from "../page/markup.js";
import type { Section } from "../page/page.js";
import { drawPlot } from "../page/plot.js";
import { COLOR, PLOT_WIDTH } from "../page/plot-theme.js";
import type { BuildNumbers } from "./measure.js";

/** What each stage took and was thought to take, and the sizes. */
export async function buildSection(build: BuildNumbers): Promise<Section> {
  const { seconds, estimatedSeconds, openSeconds } = build;
  return {
    id: "build",
    title: "Build",
    lead: `The build took ${formatDuration(seconds)}; the estimate before it began was ${formatDuration(estimatedSeconds)}. The finished file opens in ${formatDuration(openSeconds)}.`,
    body: html`${await drawStages(build.stages)}<div class="columns">${stageTable(build)}${sizeTable(build)}</div>${parameters(build)}`,
  };
}

function drawStages(stages: BuildNumbers["stages"]): Promise<Markup> {
  const sort = stages.map(({ stage }) => stage);
  const y = { field: "stage", type: "nominal" as const, sort, title: null, axis: { labelFontSize: 13 } };
  return drawPlot(
    {
      width: PLOT_WIDTH - 90,
      height: { step: 30 },
      data: { values: stages.map((stage) => ({ ...stage })) },
      layer: [
        {
          mark: { type: "bar", height: { band: 0.62 } },
          encoding: {
            y,
            x: { field: "seconds", type: "quantitative", title: "seconds", axis: { tickCount: 7 } },
            color: { datum: "measured" },
          },
        },
        {
          mark: { type: "tick", thickness: 3, bandSize: 24 },
          encoding: {
            y,
            x: { field: "estimatedSeconds", type: "quantitative" },
            color: {
              datum: "estimated",
              scale: { domain: ["measured", "estimated"], range: [COLOR.accent, COLOR.contrast] },
              legend: { title: null, orient: "top" },
            },
          },
        },
      ],
    },
    "Bars: seconds of each stage of the build, with a mark at what was estimated",
    "Seconds of each stage, and what was estimated from the input's sizes and a calibration of this processor.",
  );
}

function stageTable({ stages, seconds, estimatedSeconds }: BuildNumbers): Markup {
  const rows = stages.map((stage) => ({
    cells: [stage.stage, formatDuration(stage.seconds), formatDuration(stage.estimatedSeconds)],
  }));
  const all = { cells: ["all", formatDuration(seconds), formatDuration(estimatedSeconds)], strong: true };
  return dataTable(
    "Time of each stage.",
    [{ title: "stage" }, { title: "took", numeric: true }, { title: "estimated", numeric: true }],
    [...rows, all],
  );
}

function sizeTable(build: BuildNumbers): Markup {
  const memory = build.memoryBytes === null ? "not known here" : formatBytes(build.memoryBytes);
  return dataTable(
    "What else was estimated. Memory is what the build took beyond what the process had, mapped input not counted; of memory and file size the estimate is an upper bound.",
    [{ title: "" }, { title: "was", numeric: true }, { title: "estimated", numeric: true }],
    [
      { cells: ["memory", memory, formatBytes(build.estimatedMemoryBytes)] },
      { cells: ["file", formatBytes(build.bytes), formatBytes(build.estimatedBytes)] },
      { cells: ["centroids", formatCount(build.centroids), formatCount(build.estimatedCentroids)] },
    ],
  );
}

function parameters({ parameters: resolved }: BuildNumbers): Markup {
  const rows = Object.entries(resolved).map(([name, value]) => ({
    cells: [html`<code>${name}</code>`, String(value)],
  }));
  return html`<details><summary>Parameters, as they were resolved</summary>${dataTable(
    "Names are the build's options.",
    [{ title: "parameter" }, { title: "value", numeric: true }],
    rows,
  )}</details>`;
}
