/** The demo's results, as numbers and as text for the terminal. */

import { type Evaluation, percentile } from "@maxsimd/report";
import { formatBytes, formatDuration } from "@maxsimd/report/format";
import { showHits } from "./hits.js";
import type { Sample } from "./sample.js";
import type { SampleIndex } from "./sample-index.js";
import type { StreamRun } from "./stream-run.js";

/** The last line of `--json`. Programs read it, so the names do not change. */
export interface Report {
  queries: number;
  /** Queries with a relevant document. nDCG@10 and Success@5 are means over these; null if there are none. */
  judged_queries: number;
  ndcg10: number | null;
  success5: number | null;
  /** Share of exact MaxSim's ten best documents that are among the index's. */
  recall10: number;
  exact: { ndcg10: number | null; success5: number | null };
  p50_ms: number;
  p99_ms: number;
  qps: number;
  index_bytes: number;
  build_s: number;
  index_version: string;
}

export function makeReport({ queries, recall10, judged }: Evaluation, index: SampleIndex, run: StreamRun): Report {
  const unjudged = { ndcg10: null, success5: null };
  return {
    queries,
    judged_queries: judged?.queries ?? 0,
    ...(judged?.index ?? unjudged),
    recall10,
    exact: judged?.exact ?? unjudged,
    p50_ms: percentile(run.latenciesMs, 0.5),
    p99_ms: percentile(run.latenciesMs, 0.99),
    qps: run.queriesPerSecond,
    index_bytes: index.bytes,
    build_s: index.buildSeconds,
    index_version: run.indexVersion,
  };
}

/** Three questions, spread over the sample, each with its five best documents. */
export function showQuestions({ questions }: Sample, { found }: StreamRun): string {
  const shown = [0, 1, 2].map((i) => Math.floor((i * questions.length) / 3));
  return shown.map((query) => [questions[query], showHits((found[query] ?? []).slice(0, 5))].join("\n")).join("\n\n");
}

export function showTable(report: Report): string {
  const digits = (value: number | null) => value?.toFixed(4) ?? "no judgements";
  const rows: [string, string, string?][] = [
    ["", "index", "exact MaxSim"],
    ["nDCG@10", digits(report.ndcg10), digits(report.exact.ndcg10)],
    ["Success@5", digits(report.success5), digits(report.exact.success5)],
    ["recall@10 against exact MaxSim", digits(report.recall10), "1.0000"],
    ["queries, those with judgements", `${report.queries}, ${report.judged_queries}`],
    ["p50, one query at a time", `${report.p50_ms.toFixed(2)} ms`],
    ["p99, one query at a time", `${report.p99_ms.toFixed(2)} ms`],
    ["queries per second, streamed", report.qps.toFixed(0)],
    ["index size", formatBytes(report.index_bytes)],
    ["build time", formatDuration(report.build_s)],
    ["index version", report.index_version],
  ];
  return rows
    .map(([name, ours, exact = ""]) => `${name.padEnd(32)}${ours.padStart(14)}${exact.padStart(16)}`.trimEnd())
    .join("\n");
}
