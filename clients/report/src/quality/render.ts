import { formatBytes, formatDuration, formatNumber } from "../format.js";
import type { IndexNumbers } from "../index-report/measure.js";
import { dataTable } from "../page/data-table.js";
import { html } from "../page/markup.js";
import type { Section } from "../page/page.js";

/** What finer codes cost and bring. */
export function qualitySection({ qualities, tokens }: IndexNumbers): Section {
  const heading = { id: "quality", title: "Quality of the codes" };
  if (qualities.length === 0) {
    const lead =
      "There is nothing to choose: the index is scanned exactly, its vectors have 32 dimensions or fewer, or its codebooks were given.";
    return { ...heading, lead, body: undefined };
  }
  const table = dataTable(
    "The same data, built with each quality and searched with the parameters of this page.",
    qualities,
    [
      ["quality", ({ quality }) => quality],
      ["code per token", ({ codeBytes }) => formatBytes(codeBytes), "number"],
      ["file", ({ bytes }) => formatBytes(bytes), "number"],
      ["estimated at most", ({ estimatedBytes }) => formatBytes(estimatedBytes), "number"],
      ["bytes per token", ({ bytes }) => formatNumber(bytes / tokens), "number"],
      ["build, estimated", ({ estimatedSeconds }) => formatDuration(estimatedSeconds), "number"],
      ["time per query", ({ milliseconds }) => formatDuration(milliseconds / 1000), "number"],
      ["recall@10", ({ recall10 }) => recall10.toFixed(4), "number"],
      ["with 64 centroids, 1,000 documents", ({ wideRecall10 }) => wideRecall10.toFixed(4), "number"],
      ["", ({ used }) => (used ? "used here" : "")],
    ],
    ({ used }) => used,
  );
  return {
    ...heading,
    lead: html`A token is stored as a centroid and codes. More bytes of code (<code>quality</code>) bring scores nearer to exact MaxSim; they take space, and time in refine. The last figure shows what is left to find when few documents are missed before refine.`,
    body: table,
  };
}
