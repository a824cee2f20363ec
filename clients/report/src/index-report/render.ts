import { buildSection } from "../build/render.js";
import { evaluationSection } from "../evaluation/render.js";
import { formatBytes, formatCount, formatDuration, formatShare } from "../format.js";
import { type KeyFigure, keyFigures } from "../page/key-figures.js";
import { html } from "../page/markup.js";
import { renderPage } from "../page/page.js";
import { querySection } from "../query/render.js";
import { spaceSection } from "../space/render.js";
import { sweepSection } from "../sweep/render.js";
import { throughputSection } from "../throughput/render.js";
import type { WalkthroughNumbers } from "./measure.js";

/** The page of `maxsimd report`. */
export async function walkthroughPage(numbers: WalkthroughNumbers): Promise<string> {
  const { inputs, machine, documents, tokens, dim, queries } = numbers;
  const [build, throughput, evaluation, sweep] = await Promise.all([
    buildSection(numbers.build),
    throughputSection(numbers),
    evaluationSection(numbers),
    sweepSection(numbers),
  ]);
  return renderPage({
    title: "From vectors to ranked answers",
    subtitle: `${inputs.title}: ${formatCount(documents)} documents, ${formatCount(tokens)} tokens of dim ${dim}, ${formatCount(queries)} queries`,
    summary: keyFigures(figures(numbers)),
    sections: [build, spaceSection(numbers), querySection(numbers.query), throughput, evaluation, sweep],
    footer: html`Made by <code>maxsimd report</code> ${machine.version} on ${machine.processor}, ${machine.threads} threads, ${machine.kernels} kernels, Node ${machine.node}. The page holds its numbers as JSON, in the element <code>numbers</code>.`,
    numbers,
  });
}

function figures({ build, space, throughput, evaluation }: WalkthroughNumbers): KeyFigure[] {
  const { judged } = evaluation;
  return [
    { name: "Built in", value: formatDuration(build.seconds) },
    {
      name: "Index",
      value: formatBytes(space.bytes),
      note: `${formatShare(space.bytes / space.vectorBytes)} of the vectors`,
    },
    {
      name: "A query, p50",
      value: formatDuration(throughput.p50Milliseconds / 1000),
      note: `p99 ${formatDuration(throughput.p99Milliseconds / 1000)}`,
    },
    { name: "Recall@10", value: evaluation.recall10.toFixed(3), note: "of exact MaxSim's ten best" },
    ...(judged === null
      ? []
      : [
          {
            name: "nDCG@10",
            value: judged.index.ndcg10.toFixed(3),
            note: `exact MaxSim ${judged.exact.ndcg10.toFixed(3)}`,
          },
        ]),
  ];
}
