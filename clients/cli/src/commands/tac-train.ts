import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { formatCount, formatDuration } from "@maxsimd/report/format";
import type { Command } from "commander";
import { type Report, reporting } from "../command.js";
import { requireWritableFiles, requireWritableFolder } from "../destinations/require-writable.js";
import { tacInputs } from "../inputs/corpus-inputs.js";
import { defineTacCommand, type TacFlags, tacOptions } from "../options/tac-options.js";
import { withProgress } from "../output/progress.js";
import { noteRounding } from "../output/rounding.js";
import { properties } from "../output/table.js";
import type { Session } from "../session.js";

interface Flags extends TacFlags {
  output: string;
  force?: boolean;
}

const EXAMPLES = [
  "maxsimd tac train vectors.npy token_ids.npy -o clusters",
  "maxsimd tac train corpus.npz -o clusters --centroids 65536",
  "maxsimd build vectors.npy token_ids.npy doclens.npy -o papers.maxsim --centroids clusters/centroids.npy --assignments clusters/assignments.npy",
];

/** `maxsimd tac train`: writes coarse centroids and assignments, for inspection or for a build. */
export function tacTrainCommand(session: Session): Command {
  return defineTacCommand("train", "cluster token vectors by type, and write centroids and assignments", EXAMPLES)
    .requiredOption("-o, --output <folder>", "folder for centroids.npy (f32) and assignments.npy (u32)")
    .option("--force", "replace files that exist")
    .action(
      reporting(session, (vectors: string, tokenIds: string | undefined, flags: Flags) =>
        train(session, tacInputs(vectors, tokenIds), flags),
      ),
    );
}

async function train(session: Session, inputs: readonly [string, string], flags: Flags): Promise<Report> {
  const { output, force } = flags;
  const [centroids, assignments] = [join(output, "centroids.npy"), join(output, "assignments.npy")];
  if (existsSync(output)) requireWritableFiles(force, centroids, assignments);
  else requireWritableFolder(output);
  const { trainTac } = await import("@maxsimd/report");
  const { tac, seconds } = await withProgress(session, (work) => trainTac(...inputs, tacOptions(flags), work));
  noteRounding(session, inputs[0], tac.roundedFrom);
  const { writeNpy } = await import("@maxsimd/native");
  await mkdir(output, { recursive: true });
  writeNpy(centroids, tac.centroids, [tac.nCentroids, tac.dim]);
  writeNpy(assignments, tac.assignments, [tac.assignments.length]);
  const { nCentroids, dim, isGlobal, types } = tac;
  const tokens = tac.assignments.length;
  const json = { files: { centroids, assignments }, nCentroids, dim, tokens, global: isGlobal, seconds };
  const text = properties([
    ["centroids", `${centroids}, ${formatCount(nCentroids)} of dim ${dim}`],
    ["assignments", `${assignments}, ${formatCount(tokens)} tokens`],
    ["token types", isGlobal ? "clustered together: too few centroids for each type" : formatCount(types.length)],
    ["trained in", formatDuration(seconds)],
  ]);
  return { json, text };
}
