import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { requireFiles } from "@maxsimd/report/dataset";
import { formatCount, formatDuration } from "@maxsimd/report/format";
import type { Command } from "commander";
import { defineCommand, type Report, reporting } from "../command.js";
import { requireFree } from "../inputs/free-path.js";
import { addTacOptions, type TacFlags, tacOptions } from "../options/tac-options.js";
import { showProgress } from "../output/progress.js";
import { properties } from "../output/table.js";
import type { Session } from "../session.js";

interface Flags extends TacFlags {
  output: string;
  force?: boolean;
}

const EXAMPLES = [
  "maxsimd tac train vectors.npy token_ids.npy -o clusters",
  "maxsimd tac train vectors.npy token_ids.npy -o clusters --centroids 65536",
  "maxsimd build vectors.npy token_ids.npy doclens.npy -o papers.maxsim --centroids clusters/centroids.npy --assignments clusters/assignments.npy",
];

/** `maxsimd tac train`: coarse centroids and assignments, to look at or to build from. */
export function tacTrainCommand(session: Session): Command {
  const command = defineCommand("train", "cluster token vectors by type, and keep centroids and assignments", EXAMPLES)
    .argument("<vectors>", ".npy of token vectors: [tokens, dim], f16")
    .argument("<token_ids>", ".npy of the vocabulary id of each token: [tokens], i64 or u32")
    .requiredOption("-o, --output <folder>", "where centroids.npy (f32) and assignments.npy (u32) go")
    .option("--force", "replace files that exist");
  return addTacOptions(command).action(
    reporting(session, (vectors: string, tokenIds: string, flags: Flags) => train(session, [vectors, tokenIds], flags)),
  );
}

async function train(session: Session, inputs: readonly [string, string], flags: Flags): Promise<Report> {
  const [centroids, assignments] = ["centroids.npy", "assignments.npy"].map((name) => join(flags.output, name)) as [
    string,
    string,
  ];
  requireFree(flags.force, centroids, assignments);
  requireFiles(...inputs);
  const display = showProgress(session);
  try {
    const { trainTac } = await import("@maxsimd/report");
    const work = { onProgress: display.update, signal: session.interruption() };
    const { tac, seconds } = await trainTac(...inputs, tacOptions(flags), work);
    const { writeNpy } = await import("@maxsimd/native");
    await mkdir(flags.output, { recursive: true });
    writeNpy(centroids, tac.centroids, [tac.nCentroids, tac.dim]);
    writeNpy(assignments, tac.assignments, [tac.assignments.length]);
    const { nCentroids, dim, isGlobal, types } = tac;
    const tokens = tac.assignments.length;
    const json = { files: { centroids, assignments }, nCentroids, dim, tokens, global: isGlobal, seconds };
    const clustered = isGlobal ? "all tokens together: the budget is below the least" : formatCount(types.length);
    const text = properties([
      ["centroids", `${centroids}, ${formatCount(nCentroids)} of dim ${dim}`],
      ["assignments", `${assignments}, ${formatCount(tokens)} tokens`],
      ["token types", clustered],
      ["trained in", formatDuration(seconds)],
    ]);
    return { json, text };
  } finally {
    display.stop();
  }
}
