import { basename } from "node:path";
import { formatCount, formatDuration, formatNumber, formatShare } from "../format.js";
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
  const spread = byType?.tiers.at(-1)?.spread ?? 0;
  return renderPage({
    title: "Token-aware clustering",
    subtitle: html`<code>${basename(inputs.vectors)}</code>, ${formatCount(tokens)} tokens of dim ${dim}, by the ids of <code>${basename(inputs.tokenIds)}</code>`,
    figures: [
      ["Token types", formatCount(types), `${formatNumber(tokens / types)} tokens each`],
      ["Centroids", formatCount(centroids), `${formatNumber(tokens / centroids)} tokens each`],
      [
        "Quantisation error",
        formatNumber(error),
        spread === 0 ? undefined : `${formatShare(error / spread)} of the spread`,
      ],
      ["Trained in", formatDuration(seconds)],
    ],
    sections:
      byType === null
        ? [globalSection(numbers)]
        : await Promise.all([
            tiersSection(numbers, byType),
            allocationSection(numbers, byType),
            spreadSection(byType),
            budgetSection(numbers, byType),
            errorSection(byType),
            crowdingSection(byType),
          ]),
    footer: html`Made by <code>maxsimd tac report</code>. The page holds its numbers as JSON, in the element <code>numbers</code>.`,
    numbers,
  });
}

/** Replaces the sections about types. */
function globalSection({ parameters, centroids, error }: TacNumbers): Section {
  const needed = formatCount(parameters.minBudget);
  return {
    id: "global",
    title: "One k-means over all tokens",
    lead: `The budget of ${formatCount(centroids)} centroids is below ${needed}, the least that gives each token type its own. So all tokens were clustered together, and there are no numbers by type.`,
    body: html`<p>The quantisation error is ${formatNumber(error)}. For clusters within the types, give at least ${needed} with <code>--centroids</code>, or leave the option out.</p>`,
  };
}
