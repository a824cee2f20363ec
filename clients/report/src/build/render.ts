import { formatBytes, formatCount, formatDuration } from "../format.js";
import { dataTable } from "../page/data-table.js";
import { html, type Markup } from "../page/markup.js";
import type { Section } from "../page/page.js";
import { drawPlot } from "../page/plot.js";
import { COLOR, PLOT_WIDTH } from "../page/plot-theme.js";
import type { BuildNumbers } from "./measure.js";

/** Time of each stage and the sizes, compared with the estimate made before the build. */
export async function buildSection(build: BuildNumbers): Promise<Section> {
  const { seconds, estimatedSeconds, openSeconds, stages } = build;
  const stageTable = dataTable(
    "Time of each stage.",
    [...stages, { stage: "all", seconds, estimatedSeconds }],
    [
      ["stage", ({ stage }) => stage],
      ["measured", (row) => formatDuration(row.seconds), "number"],
      ["estimated", (row) => formatDuration(row.estimatedSeconds), "number"],
    ],
    ({ stage }) => stage === "all",
  );
  const parameterTable = dataTable("Names are the build's options.", Object.entries(build.parameters), [
    ["parameter", ([name]) => html`<code>${name}</code>`],
    ["value", ([, value]) => String(value), "number"],
  ]);
  return {
    id: "build",
    title: "Build",
    lead: `The build took ${formatDuration(seconds)}. The estimate made before it was ${formatDuration(estimatedSeconds)}. The finished file opens in ${formatDuration(openSeconds)}.`,
    body: html`${await drawStages(stages)}<div class="columns">${stageTable}${sizeTable(build)}</div><details><summary>Resolved parameters</summary>${parameterTable}</details>`,
  };
}

function sizeTable(build: BuildNumbers): Markup {
  const memory = build.memoryBytes === null ? "not known here" : formatBytes(build.memoryBytes);
  return dataTable(
    "Memory is what the build used beyond what the process had before, without mapped input. The estimates of memory and file size are upper bounds.",
    [
      ["memory", memory, formatBytes(build.estimatedMemoryBytes)],
      ["file", formatBytes(build.bytes), formatBytes(build.estimatedBytes)],
      ["centroids", formatCount(build.centroids), formatCount(build.estimatedCentroids)],
    ],
    [
      ["", ([name]) => name],
      ["measured", ([, measured]) => measured, "number"],
      ["estimated", ([, , estimated]) => estimated, "number"],
    ],
  );
}

function drawStages(stages: BuildNumbers["stages"]): Promise<Markup> {
  const sort = stages.map(({ stage }) => stage);
  const y = { field: "stage", type: "nominal" as const, sort, title: null, axis: { labelFontSize: 13 } };
  const scale = { domain: ["measured", "estimated"], range: [COLOR.accent, COLOR.contrast] };
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
            color: { datum: "estimated", scale, legend: { title: null, orient: "top" } },
          },
        },
      ],
    },
    "Bars: seconds of each stage of the build, with a mark at the estimate",
    "Seconds of each stage, and the estimate from the sizes of the input and a calibration of this processor.",
  );
}
