import { buildSection } from "../build/render.js";
import { evaluationSection } from "../evaluation/render.js";
import { formatBytes, formatCount, formatDuration, formatShare } from "../format.js";
import type { KeyFigure } from "../page/key-figures.js";
import { html } from "../page/markup.js";
import { renderPage } from "../page/page.js";
import { qualitySection } from "../quality/render.js";
import { querySection } from "../query/render.js";
import { spaceSection } from "../space/render.js";
import { sweepSection } from "../sweep/render.js";
import { throughputSection } from "../throughput/render.js";
import type { IndexNumbers } from "./measure.js";

/** The page of `maxsimd report`. */
export async function indexPage(numbers: IndexNumbers): Promise<string> {
  const { inputs, machine, documents, tokens, dim, queries } = numbers;
  return renderPage({
    title: "From vectors to ranked answers",
    subtitle: `${inputs.title}: ${formatCount(documents)} documents, ${formatCount(tokens)} tokens of dim ${dim}, ${formatCount(queries)} queries`,
    figures: figures(numbers),
    sections: await Promise.all([
      buildSection(numbers.build),
      spaceSection(numbers),
      querySection(numbers.query),
      throughputSection(numbers),
      evaluationSection(numbers),
      sweepSection(numbers),
      qualitySection(numbers),
    ]),
    footer: html`Made by <code>maxsimd report</code> ${machine.version} on ${machine.processor}, ${machine.threads} threads, ${machine.kernels} kernels, Node ${machine.node}. The page holds its numbers as JSON, in the element <code>numbers</code>.`,
    numbers,
  });
}

function figures({ build, space, throughput, evaluation }: IndexNumbers): KeyFigure[] {
  const { judged, recall10 } = evaluation;
  const [p50, p99] = [throughput.p50Milliseconds, throughput.p99Milliseconds].map((ms) => formatDuration(ms / 1000));
  const relevance: KeyFigure[] =
    judged === null
      ? []
      : [["nDCG@10", judged.index.ndcg10.toFixed(3), `exact MaxSim ${judged.exact.ndcg10.toFixed(3)}`]];
  return [
    ["Built in", formatDuration(build.seconds)],
    ["Index", formatBytes(space.bytes), `${formatShare(space.bytes / space.vectorBytes)} of the vectors`],
    ["A query, p50", p50, `p99 ${p99}`],
    ["Recall@10", recall10.toFixed(3), "of exact MaxSim's ten best"],
    ...relevance,
  ];
}
