import { formatBytes, formatNumber, formatShare } from "../format.js";
import type { Space, WalkthroughNumbers } from "../index-report/measure.js";
import { dataTable, shareBar } from "../page/data-table.js";
import { html, type Markup } from "../page/markup.js";
import type { Section } from "../page/page.js";

type Part = Space["components"][number];

/** Parts with a smaller share of the file are told apart in a table of their own. */
const SMALL = 0.01;

/** Where the file's bytes are. */
export function spaceSection(numbers: WalkthroughNumbers): Section {
  const { space, tokens } = numbers;
  const { bytes, vectorBytes } = space;
  const parts = [...space.components].sort((a, b) => b.bytes - a.bytes);
  const small = parts.filter((part) => part.bytes < SMALL * bytes);
  const large = parts.filter((part) => part.bytes >= SMALL * bytes);
  const shown = [...large, ...together(small), { component: "all", bytes }];
  return {
    id: "space",
    title: "Space usage",
    lead: `The index has ${formatBytes(bytes)}: ${formatNumber(bytes / tokens)} bytes a token, ${formatShare(bytes / vectorBytes)} of the ${formatBytes(vectorBytes)} of its vectors. It is one file, and mapped: what is not read takes no memory.`,
    body: html`${spaceTable("Parts of the file, the largest first.", shown, numbers)}${
      small.length > 0
        ? html`<details><summary>The ${small.length} smaller parts</summary>${spaceTable("Each below 1 % of the file.", small, numbers)}</details>`
        : undefined
    }`,
  };
}

function spaceTable(caption: string, parts: readonly Part[], { space, tokens }: WalkthroughNumbers): Markup {
  const rows = parts.map(({ component, bytes }) => {
    const share = bytes / space.bytes;
    return {
      cells: [component, formatBytes(bytes), formatNumber(bytes / tokens), shareBar(share, formatShare(share))],
      strong: bytes === space.bytes,
    };
  });
  return dataTable(
    caption,
    [
      { title: "part" },
      { title: "size", numeric: true },
      { title: "bytes a token", numeric: true },
      { title: "share", numeric: true },
    ],
    rows,
  );
}

/** The small parts as one. */
function together(parts: readonly Part[]): Part[] {
  if (parts.length === 0) return [];
  const bytes = parts.reduce((sum, part) => sum + part.bytes, 0);
  return [{ component: `${parts.length} smaller parts`, bytes }];
}
