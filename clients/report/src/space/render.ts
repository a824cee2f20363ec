import { formatBytes, formatNumber, formatShare } from "../format.js";
import type { IndexNumbers } from "../index-report/measure.js";
import { dataTable, shareBar } from "../page/data-table.js";
import { html } from "../page/markup.js";
import type { Section } from "../page/page.js";
import type { Space } from "./measure.js";

/** Parts with a smaller share of the file are listed in a table of their own. */
const SMALL_SHARE = 0.01;

/** Bytes of each part of the index file. */
export function spaceSection({ space, tokens }: IndexNumbers): Section {
  const { bytes, vectorBytes, components } = space;
  const parts = [...components].sort((a, b) => b.bytes - a.bytes);
  const small = parts.filter((part) => part.bytes < SMALL_SHARE * bytes);
  const large = parts.filter((part) => part.bytes >= SMALL_SHARE * bytes);
  const rest = { component: `${small.length} smaller parts`, bytes: small.reduce((sum, part) => sum + part.bytes, 0) };
  const spaceTable = (caption: string, rows: Space["components"]) =>
    dataTable(
      caption,
      rows,
      [
        ["part", ({ component }) => component],
        ["size", (part) => formatBytes(part.bytes), "number"],
        ["bytes per token", (part) => formatNumber(part.bytes / tokens), "number"],
        ["share", (part) => shareBar(part.bytes / bytes, formatShare(part.bytes / bytes)), "number"],
      ],
      (part) => part.bytes === bytes,
    );
  const shown = [...large, ...(small.length === 0 ? [] : [rest]), { component: "all", bytes }];
  const details = html`<details><summary>The ${small.length} smaller parts</summary>${spaceTable("Each below 1 % of the file.", small)}</details>`;
  return {
    id: "space",
    title: "Space usage",
    lead: `The index has ${formatBytes(bytes)}: ${formatNumber(bytes / tokens)} bytes per token, ${formatShare(bytes / vectorBytes)} of the ${formatBytes(vectorBytes)} of its vectors. It is one memory-mapped file: pages that are not read use no memory.`,
    body: [spaceTable("Parts of the file, the largest first.", shown), small.length === 0 ? undefined : details],
  };
}
