import type { IndexNumbers } from "@maxsimd/report";
import { formatBytes, formatCount, formatDuration } from "@maxsimd/report/format";
import type { Command } from "commander";
import { defineCommand, type Report, reporting } from "../command.js";
import { requireFree } from "../inputs/free-path.js";
import { type InputFlags, reportInputs } from "../inputs/report-inputs.js";
import { addBuildOptions, type BuildFlags, buildOptions } from "../options/build-options.js";
import { integer, integers } from "../options/numbers.js";
import { addSearchOptions, type SearchFlags, searchParams } from "../options/search-params.js";
import { showProgress } from "../output/progress.js";
import { properties } from "../output/table.js";
import type { Session } from "../session.js";

interface Flags extends InputFlags, BuildFlags, SearchFlags {
  query?: number;
  maxQueries?: number;
  sweepKCentroids?: number[];
  sweepKDocsToScore?: number[];
  keepIndex?: string;
  output: string;
  force?: boolean;
}

const EXAMPLES = [
  "maxsimd report --dataset bench/sample -o report.html",
  "maxsimd report vectors.npy token_ids.npy doclens.npy --queries q.npy --query-lens l.npy -o report.html",
  "maxsimd report vectors.npy token_ids.npy doclens.npy --queries q.npy --query-lens l.npy --qrels qrels.tsv --documents documents.jsonl --queries-text queries.jsonl -o report.html",
  "maxsimd report --dataset bench/sample -o report.html --sweep-k-centroids 10,20,40 --json | tail -n 1 | jq .evaluation",
];

/** `maxsimd report`: an index from vectors to ranked answers, measured on the way, as one HTML page. */
export function reportCommand(session: Session): Command {
  const command = defineCommand("report", "build an index, search it, measure it, and show it all as a page", EXAMPLES)
    .argument("[vectors]", ".npy of token vectors, all documents one after another: [tokens, dim], f16")
    .argument("[token_ids]", ".npy of the vocabulary id of each token: [tokens], i64 or u32")
    .argument("[doclens]", ".npy of the tokens of each document: [documents], i32 or i64")
    .requiredOption("-o, --output <file>", "HTML file to write; it needs no other file and no network")
    .option("--dataset <folder>", "folder with all files under their usual names, instead of naming each")
    .option("--queries <file>", ".npy of query token vectors: [rows, dim] or [queries, rows, dim]")
    .option("--query-lens <file>", ".npy of the rows of each query")
    .option("--qrels <file>", "judgements: lines of query index, document index, grade, by tabs")
    .option("--documents <file>", "JSON lines with a title for each document, to show beside the results")
    .option("--queries-text <file>", "JSON lines with a text for each query")
    .option("--query <n>", "the query to show by itself, from 0 (default 0)", integer(0))
    .option("--max-queries <n>", "use the first n queries only (default: all)", integer(1))
    .option("--sweep-k-centroids <n,...>", "centroids per query token to try (default 2,5,10,20,40,80)", integers(1))
    .option("--sweep-k-docs-to-score <n,...>", "most candidates to try (default 10,20,50,...,1000)", integers(1))
    .option("--keep-index <file>", "keep the index that was built")
    .option("--force", "replace files that exist");
  return addBuildOptions(addSearchOptions(command)).action(
    reporting(
      session,
      (vectors: string | undefined, tokenIds: string | undefined, doclens: string | undefined, flags: Flags) =>
        report(session, [vectors, tokenIds, doclens], flags),
    ),
  );
}

async function report(session: Session, files: readonly (string | undefined)[], flags: Flags): Promise<Report> {
  const inputs = reportInputs(files, flags);
  requireFree(flags.force, flags.output, ...(flags.keepIndex === undefined ? [] : [flags.keepIndex]));
  const display = showProgress(session);
  try {
    const { savePage, indexPage, measureIndex } = await import("@maxsimd/report");
    const options = {
      build: { ...buildOptions(flags), output: flags.keepIndex },
      params: searchParams(flags),
      ...{ query: flags.query, maxQueries: flags.maxQueries },
      grid: { kCentroids: flags.sweepKCentroids, kDocsToScore: flags.sweepKDocsToScore },
    };
    const work = { onProgress: display.update, signal: session.interruption() };
    const numbers = await measureIndex(inputs, options, work);
    const page = await indexPage(numbers);
    session.interruption().throwIfAborted();
    await savePage(flags.output, page);
    return { json: { page: flags.output, ...numbers }, text: describe(flags.output, numbers) };
  } finally {
    display.stop();
  }
}

function describe(page: string, { build, space, throughput, evaluation }: IndexNumbers): string {
  const { judged } = evaluation;
  return properties([
    ["page", page],
    ["built in", formatDuration(build.seconds)],
    ["index", formatBytes(space.bytes)],
    ["a query, p50", formatDuration(throughput.p50Milliseconds / 1000)],
    ["recall@10", evaluation.recall10.toFixed(4)],
    ...(judged === null
      ? []
      : [["nDCG@10", `${judged.index.ndcg10.toFixed(4)}, exact MaxSim ${judged.exact.ndcg10.toFixed(4)}`] as const]),
    ["queries", formatCount(evaluation.queries)],
  ]);
}
