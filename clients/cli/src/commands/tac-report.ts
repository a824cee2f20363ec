import { requireFiles } from "@maxsimd/report/dataset";
import { formatCount, formatNumber } from "@maxsimd/report/format";
import type { Command } from "commander";
import { defineCommand, type Report, reporting } from "../command.js";
import { requireFree } from "../inputs/free-path.js";
import { addTacOptions, type TacFlags, tacOptions } from "../options/tac-options.js";
import { showProgress } from "../output/progress.js";
import { properties } from "../output/table.js";
import type { Session } from "../session.js";

interface Flags extends TacFlags {
  output: string;
  vocab?: string;
  force?: boolean;
}

const EXAMPLES = [
  "maxsimd tac report vectors.npy token_ids.npy --vocab vocab.txt -o tac.html",
  "maxsimd tac report vectors.npy token_ids.npy -o tac.html --centroids 65536 --n-iter 5",
  "maxsimd tac report vectors.npy token_ids.npy -o tac.html --json | tail -n 1 | jq .byType.tiers",
];

/** `maxsimd tac report`: what clustering makes of some tokens, as one HTML page. */
export function tacReportCommand(session: Session): Command {
  const command = defineCommand("report", "cluster token vectors by type, and show the clustering as a page", EXAMPLES)
    .argument("<vectors>", ".npy of token vectors: [tokens, dim], f16")
    .argument("<token_ids>", ".npy of the vocabulary id of each token: [tokens], i64 or u32")
    .requiredOption("-o, --output <file>", "HTML file to write; it needs no other file and no network")
    .option("--vocab <file>", "text of each token, a line a token id, from 0")
    .option("--force", "replace a file that exists");
  return addTacOptions(command).action(
    reporting(session, (vectors: string, tokenIds: string, flags: Flags) => report(session, vectors, tokenIds, flags)),
  );
}

async function report(session: Session, vectors: string, tokenIds: string, flags: Flags): Promise<Report> {
  requireFree(flags.force, flags.output);
  requireFiles(vectors, tokenIds, flags.vocab);
  const display = showProgress(session);
  try {
    const { measureTac, savePage, tacPage } = await import("@maxsimd/report");
    const work = { onProgress: display.update, signal: session.interruption() };
    const numbers = await measureTac({ vectors, tokenIds, vocabulary: flags.vocab }, tacOptions(flags), work);
    const page = await tacPage(numbers);
    session.interruption().throwIfAborted();
    await savePage(flags.output, page);
    const text = properties([
      ["page", flags.output],
      ["token types", formatCount(numbers.types)],
      ["centroids", formatCount(numbers.centroids)],
      ["quantisation error", formatNumber(numbers.error)],
    ]);
    return { json: { page: flags.output, ...numbers }, text };
  } finally {
    display.stop();
  }
}
