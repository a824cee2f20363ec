/** What the demo found, as numbers, and as text for the terminal. */

import { mean, ndcg, percentile, recall, success } from "@maxsimd/report";
import type { Sample } from "./sample.js";
import type { SampleIndex } from "./sample-index.js";
import type { StreamRun } from "./stream-run.js";

/** The last line of `--json`. The names are a promise to whoever reads it by program. */
export interface Report {
  queries: number;
  ndcg10: number;
  success5: number;
  /** Share of exact MaxSim's ten best documents that are among the index's. */
  recall10: number;
  exact: { ndcg10: number; success5: number };
  p50_ms: number;
  p99_ms: number;
  qps: number;
  index_bytes: number;
  build_s: number;
  index_version: string;
}

export function makeReport(
  sample: Sample,
  index: SampleIndex,
  run: StreamRun,
  exact: readonly ArrayLike<number>[],
): Report {
  const ours = run.rankings.map(({ docIds }) => docIds);
  const average = (measure: (query: number) => number) => mean(sample.queries.map((_, query) => measure(query)));
  const quality = (rankings: readonly ArrayLike<number>[]) => ({
    ndcg10: average((query) => ndcg(at(rankings, query), at(sample.judgements, query), 10)),
    success5: average((query) => success(at(rankings, query), at(sample.judgements, query), 5)),
  });
  return {
    queries: sample.queries.length,
    ...quality(ours),
    recall10: average((query) => recall(at(ours, query), at(exact, query), 10)),
    exact: quality(exact),
    p50_ms: percentile(run.latenciesMs, 0.5),
    p99_ms: percentile(run.latenciesMs, 0.99),
    qps: run.queriesPerSecond,
    index_bytes: index.bytes,
    build_s: index.buildSeconds,
    index_version: run.indexVersion,
  };
}

/** Three questions, spread over the sample, each with its five best documents. */
export function showQuestions(sample: Sample, run: StreamRun): string {
  const shown = [0, 1, 2].map((i) => Math.floor((i * sample.queries.length) / 3));
  return shown
    .map((query) => {
      const { docIds, scores } = at(run.rankings, query);
      const documents = Array.from(docIds.subarray(0, 5), (id, rank) => {
        const title = sample.titles[id] || "(no title)";
        return `  ${rank + 1}. ${title.padEnd(76).slice(0, 76)} ${at(scores, rank).toFixed(3).padStart(8)}`;
      });
      return [at(sample.queries, query).text, ...documents].join("\n");
    })
    .join("\n\n");
}

export function showTable(report: Report): string {
  const rows: [string, string, string?][] = [
    ["", "index", "exact MaxSim"],
    ["nDCG@10", report.ndcg10.toFixed(4), report.exact.ndcg10.toFixed(4)],
    ["Success@5", report.success5.toFixed(4), report.exact.success5.toFixed(4)],
    ["recall@10 against exact MaxSim", report.recall10.toFixed(4), "1.0000"],
    ["queries", String(report.queries)],
    ["p50, one query at a time", `${report.p50_ms.toFixed(2)} ms`],
    ["p99, one query at a time", `${report.p99_ms.toFixed(2)} ms`],
    ["queries per second, streamed", report.qps.toFixed(0)],
    ["index size", `${(report.index_bytes / 2 ** 20).toFixed(1)} MiB`],
    ["build time", `${report.build_s.toFixed(1)} s`],
    ["index version", report.index_version],
  ];
  return rows
    .map(([name, ours, exact = ""]) => `${name.padEnd(32)}${ours.padStart(14)}${exact.padStart(16)}`.trimEnd())
    .join("\n");
}

function at<T>(values: ArrayLike<T>, index: number): T {
  if (index >= values.length) throw new Error(`expected at least ${index + 1} values, got ${values.length}`);
  return values[index] as T;
}
