import type { IndexNumbers } from "@maxsimd/report";
import { requireFiles } from "@maxsimd/report/dataset";
import { formatBytes, formatCount, formatDuration } from "@maxsimd/report/format";
import type { Command } from "commander";
import { defineCommand, type Report, reporting } from "../command.js";
import { requireWritableFiles } from "../destinations/require-writable.js";
import { addCorpusInputs } from "../inputs/corpus-inputs.js";
import { type InputFlags, reportInputs } from "../inputs/report-inputs.js";
import { addBuildOptions, type BuildFlags, buildOptions } from "../options/build-options.js";
import { integer, integers } from "../options/numbers.js";
import { addSearchOptions, type SearchFlags, searchParams } from "../options/search-params.js";
import { withProgress } from "../output/progress.js";
import { noteRounding } from "../output/rounding.js";
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
  "maxsimd report corpus.npz --queries q.npy --query-lens l.npy -o report.html",
  "maxsimd report vectors.npy token_ids.npy doclens.npy --queries q.npy --query-lens l.npy --qrels qrels.tsv --documents documents.jsonl --queries-text queries.jsonl -o report.html",
  "maxsimd report --dataset bench/sample -o report.html --sweep-k-centroids 10,20,40 --json | tail -n 1 | jq .evaluation",
];

/** `maxsimd report`: builds an index, searches it, measures both, and shows the numbers as one HTML page. */
export function reportCommand(session: Session): Command {
  const summary = "build an index, search it, measure it, and show it all as a page";
  const command = addCorpusInputs(defineCommand("report", summary, EXAMPLES), "[vectors]")
    .requiredOption("-o, --output <file>", "HTML file to write; it needs no other file and no network")
    .option("--dataset <folder>", "folder or archive with everything under its usual name")
    .option("--queries <file>", "query token vectors: [rows, dim] or [queries, rows, dim]")
    .option("--query-lens <file>", "number of rows of each query")
    .option("--qrels <file>", "judgements: lines of query index, document index and grade, separated by tabs")
    .option("--documents <file>", "JSON lines with a title for each document, to show with the results")
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
  const { output, keepIndex, query, maxQueries } = flags;
  const inputs = await reportInputs(files, flags);
  requireFiles(flags.codebooks);
  requireWritableFiles(flags.force, output, ...(keepIndex === undefined ? [] : [keepIndex]));
  const { indexPage, measureIndex, savePage } = await import("@maxsimd/report");
  const build = { ...buildOptions(flags), output: keepIndex };
  const grid = { kCentroids: flags.sweepKCentroids, kDocsToScore: flags.sweepKDocsToScore };
  const options = { build, params: searchParams(flags), query, maxQueries, grid };
  const numbers = await withProgress(session, async (work) => {
    const measured = await measureIndex(inputs, options, work);
    const page = await indexPage(measured);
    work.signal.throwIfAborted();
    await savePage(output, page);
    return measured;
  });
  noteRounding(session, inputs.vectors, numbers.build.roundedFrom);
  return { json: { page: output, ...numbers }, text: describe(output, numbers) };
}

function describe(page: string, { build, space, throughput, evaluation }: IndexNumbers): string {
  const { judged } = evaluation;
  const relevance =
    judged === null
      ? "no judgements"
      : `${judged.index.ndcg10.toFixed(4)}, exact MaxSim ${judged.exact.ndcg10.toFixed(4)}`;
  return properties([
    ["page", page],
    ["built in", formatDuration(build.seconds)],
    ["index", formatBytes(space.bytes)],
    ["a query, p50", formatDuration(throughput.p50Milliseconds / 1000)],
    ["recall@10", evaluation.recall10.toFixed(4)],
    ["nDCG@10", relevance],
    ["queries", `${formatCount(evaluation.queries)}, of which ${formatCount(judged?.queries ?? 0)} are judged`],
  ]);
}
