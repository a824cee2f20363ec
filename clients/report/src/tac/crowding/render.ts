import { formatCount, formatNumber } from "../../format.js";
import { dataTable } from "../../page/data-table.js";
import { html, type Markup } from "../../page/markup.js";
import type { Section } from "../../page/page.js";
import type { TacByType } from "../measure.js";
import type { CrowdedType } from "./measure.js";

/** The types whose centroids have the most and the fewest tokens, by their text. */
export function crowdingSection({ crowding }: TacByType): Section {
  return {
    id: "crowding",
    title: "Most and least crowded types",
    lead: "How many tokens share a centroid, on average. A crowded type is frequent and spreads little: its tokens lie close together, and few centroids serve them. A roomy one spreads much.",
    body: html`<div class="columns">${[
      types("Most crowded: most tokens per centroid.", crowding.most),
      types("Least crowded: fewest tokens per centroid, of the active types.", crowding.least),
      types("Largest shares: most centroids.", crowding.largest),
      types("Widest: largest spread, of the active types.", crowding.widest),
    ]}</div>`,
  };
}

function types(caption: string, of: readonly CrowdedType[]): Markup {
  return dataTable(
    caption,
    [
      { title: "token" },
      { title: "tokens", numeric: true },
      { title: "centroids", numeric: true },
      { title: "per centroid", numeric: true },
      { title: "spread", numeric: true },
    ],
    of.map(({ text, tokenId, count, centroids, tokensPerCentroid, spread }) => ({
      cells: [
        html`<code title="token id ${tokenId}">${text ?? `#${tokenId}`}</code>`,
        formatCount(count),
        formatCount(centroids),
        formatNumber(tokensPerCentroid),
        formatNumber(spread),
      ],
    })),
  );
}
