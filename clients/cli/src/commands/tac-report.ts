import { requireFiles } from "@maxsimd/report/dataset";
import { formatCount, formatNumber } from "@maxsimd/report/format";
import type { Command } from "commander";
import { type Report, reporting } from "../command.js";
import { requireWritableFiles } from "../destinations/require-writable.js";
import { tacInputs } from "../inputs/corpus-inputs.js";
import { defineTacCommand, type TacFlags, tacOptions } from "../options/tac-options.js";
import { withProgress } from "../output/progress.js";
import { noteRounding } from "../output/rounding.js";
import { properties } from "../output/table.js";
import type { Session } from "../session.js";

interface Flags extends TacFlags {
  output: string;
  vocab?: string;
  force?: boolean;
}

const EXAMPLES = [
  "maxsimd tac report vectors.npy token_ids.npy --vocab vocab.txt -o tac.html",
  "maxsimd tac report bench/sample --vocab bench/sample/vocab.txt -o tac.html --centroids 2048 --n-iter 5",
  "maxsimd tac report vectors.npy token_ids.npy -o tac.html --json | tail -n 1 | jq .byType.tiers",
];

/** `maxsimd tac report`: shows the clustering of some tokens as one HTML page. */
export function tacReportCommand(session: Session): Command {
  return defineTacCommand("report", "cluster token vectors by type, and show the clustering as a page", EXAMPLES)
    .requiredOption("-o, --output <file>", "HTML file to write; it needs no other file and no network")
    .option("--vocab <file>", "text of each token: line i is the text of token id i, from 0")
    .option("--force", "replace a file that exists")
    .action(
      reporting(session, (vectors: string, tokenIds: string | undefined, flags: Flags) =>
        report(session, tacInputs(vectors, tokenIds), flags),
      ),
    );
}

async function report(session: Session, [vectors, tokenIds]: [string, string], flags: Flags): Promise<Report> {
  const { output, vocab: vocabulary, force } = flags;
  requireFiles(vocabulary);
  requireWritableFiles(force, output);
  const { measureTac, savePage, tacPage } = await import("@maxsimd/report");
  const numbers = await withProgress(session, async (work) => {
    const measured = await measureTac({ vectors, tokenIds, vocabulary }, tacOptions(flags), work);
    const page = await tacPage(measured);
    work.signal.throwIfAborted();
    await savePage(output, page);
    return measured;
  });
  noteRounding(session, vectors, numbers.roundedFrom);
  const text = properties([
    ["page", output],
    ["token types", formatCount(numbers.types)],
    ["centroids", formatCount(numbers.centroids)],
    ["quantisation error", formatNumber(numbers.error)],
  ]);
  return { json: { page: output, ...numbers }, text };
}
