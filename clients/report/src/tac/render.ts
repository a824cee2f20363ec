import { basename } from "node:path";
import { formatCount, formatDuration, formatNumber, formatShare } from "../format.js";
import { keyFigures } from "../page/key-figures.js";
import { html } from "../page/markup.js";
import { renderPage, type Section } from "../page/page.js";
import { allocationSection } from "./allocation/render.js";
import { budgetSection } from "./budget/render.js";
import { crowdingSection } from "./crowding/render.js";
import { errorSection } from "./error/render.js";
import type { TacNumbers } from "./measure.js";
import { spreadSection } from "./spread/render.js";
import { tiersSection } from "./tiers/render.js";

/** The page of `maxsimd tac report`. */
export async function tacPage(numbers: TacNumbers): Promise<string> {
  const { tokens, types, centroids, dim, seconds, error, byType, inputs } = numbers;
  const all = byType?.tiers.find(({ tier }) => tier === "all");
  const left = all === undefined || all.spread === 0 ? undefined : `${formatShare(error / all.spread)} of the spread`;
  return renderPage({
    title: "Token-aware clustering",
    subtitle: html`<code>${basename(inputs.vectors)}</code>, ${formatCount(tokens)} tokens of dim ${dim}, by the ids of <code>${basename(inputs.tokenIds)}</code>`,
    summary: keyFigures([
      { name: "Token types", value: formatCount(types), note: `${formatNumber(tokens / types)} tokens each` },
      { name: "Centroids", value: formatCount(centroids), note: `${formatNumber(tokens / centroids)} tokens each` },
      { name: "Quantisation error", value: formatNumber(error), ...(left === undefined ? {} : { note: left }) },
      { name: "Trained in", value: formatDuration(seconds) },
    ]),
    sections: byType === null ? [globalSection(numbers)] : await typeSections(numbers, byType),
    footer: html`Made by <code>maxsimd tac report</code>. The page holds its numbers as JSON, in the element <code>numbers</code>.`,
    numbers,
  });
}

async function typeSections(numbers: TacNumbers, byType: NonNullable<TacNumbers["byType"]>): Promise<Section[]> {
  return Promise.all([
    tiersSection(numbers, byType),
    allocationSection(numbers, byType),
    spreadSection(byType),
    budgetSection(numbers, byType),
    errorSection(byType),
    crowdingSection(byType),
  ]);
}

/** In place of all that is told by type. */
function globalSection({ parameters, centroids, error }: TacNumbers): Section {
  const { minBudget } = parameters;
  return {
    id: "global",
    title: "One k-means over all tokens",
    lead: `The budget of ${formatCount(centroids)} centroids is below ${formatCount(minBudget)}, the least that gives each token type its own. So all tokens were clustered together, and there is nothing to tell by type.`,
    body: html`<p>The quantisation error is ${formatNumber(error)}. Give at least ${formatCount(minBudget)} with <code>--centroids</code>, or none, for clusters within the types.</p>`,
  };
}
