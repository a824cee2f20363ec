import { formatCount, formatNumber } from "../../format.js";
import { dataTable } from "../../page/data-table.js";
import { html, type Markup } from "../../page/markup.js";
import type { Section } from "../../page/page.js";
import type { TacByType } from "../measure.js";
import type { CrowdedType } from "./measure.js";

/** The types whose centroids have the most and the fewest tokens. */
export function crowdingSection({ crowding }: TacByType): Section {
  return {
    id: "crowding",
    title: "Most and least crowded types",
    lead: "The mean number of tokens that share a centroid. A crowded type is frequent and spreads little: its tokens lie close together, so that few centroids suffice. A type with few tokens per centroid spreads much.",
    body: html`<div class="columns">${[
      typeTable("Most crowded: most tokens per centroid.", crowding.most),
      typeTable("Least crowded: fewest tokens per centroid, of the active types.", crowding.least),
      typeTable("Largest shares: most centroids.", crowding.largest),
      typeTable("Widest: largest spread, of the active types.", crowding.widest),
    ]}</div>`,
  };
}

function typeTable(caption: string, types: readonly CrowdedType[]): Markup {
  return dataTable(caption, types, [
    ["token", ({ text, tokenId }) => html`<code title="token id ${tokenId}">${text ?? `#${tokenId}`}</code>`],
    ["tokens", ({ count }) => formatCount(count), "number"],
    ["centroids", ({ centroids }) => formatCount(centroids), "number"],
    ["per centroid", ({ tokensPerCentroid }) => formatNumber(tokensPerCentroid), "number"],
    ["spread", ({ spread }) => formatNumber(spread), "number"],
  ]);
}
