import { arrayIn, type CorpusArrays, findArray, isCollection, requireFiles } from "@maxsimd/report/dataset";
import type { Command } from "commander";
import { usageFailure } from "../failure.js";

/** Options that name arrays of a corpus one by one. */
export interface CorpusFlags {
  /** False for `--no-token-ids`. */
  tokenIds?: string | false;
  doclens?: string;
}

/** The arguments that name the arrays of a corpus, up to three. */
export type CorpusArguments = readonly [vectors: string, tokenIds?: string | undefined, doclens?: string | undefined];

/** How arrays are named, for the help of a command. */
export const ARRAYS_HELP = `
Arrays are .npy files, or arrays in .npz and .safetensors archives: corpus.npz:vectors, model.safetensors:emb.
A folder or an archive that has vectors, doclens and perhaps token_ids under these names stands for all of them.

  vectors    [tokens, dim]  f16; bf16, f32 and f64 are rounded to f16
  token_ids  [tokens]       any integers; optional
  doclens    [documents]    any integers; the number of tokens of each document`;

/** Adds the arguments and options that {@link corpusInputs} reads. */
export function addCorpusInputs(command: Command, vectors: string): Command {
  return command
    .argument(vectors, "token vectors, all documents one after another; or a folder or an archive with all arrays")
    .argument("[token_ids]", "vocabulary id of each token")
    .argument("[doclens]", "number of tokens of each document")
    .option("--token-ids <array>", "vocabulary id of each token")
    .option("--no-token-ids", "ignore the token ids of a folder or an archive")
    .option("--doclens <array>", "number of tokens of each document")
    .addHelpText("after", ARRAYS_HELP);
}

/**
 * The arrays of a corpus: named by three arguments, or by one argument and options, or found in a folder or an archive.
 *
 * @throws CommandFailure if an array is not named, is named twice, or could be either of two
 */
export async function corpusInputs(
  [source, second, third]: CorpusArguments,
  flags: CorpusFlags,
): Promise<CorpusArrays> {
  if (second !== undefined && third === undefined) {
    throw usageFailure(`${second} could be token ids or document lengths: name it with --token-ids or --doclens`);
  }
  if (third !== undefined && (flags.tokenIds !== undefined || flags.doclens !== undefined)) {
    throw usageFailure("token ids and document lengths are named twice: give them as arguments or as options");
  }
  const whole = third === undefined && isCollection(source);
  const vectors = whole ? arrayIn(source, "vectors") : source;
  const doclens = third ?? flags.doclens ?? (whole ? arrayIn(source, "doclens") : undefined);
  if (doclens === undefined) {
    throw usageFailure(`${source} needs the number of tokens of each document: --doclens <array>`);
  }
  const found = second ?? flags.tokenIds ?? (await findArray(source, "token_ids"));
  const tokenIds = found === undefined || found === false ? null : found;
  return { vectors, tokenIds, doclens };
}

/**
 * The vectors and token ids to cluster: two arguments, or a folder or an archive.
 *
 * @throws CommandFailure if there are no token ids
 */
export function tacInputs(vectors: string, tokenIds: string | undefined): [vectors: string, tokenIds: string] {
  const whole = tokenIds === undefined && isCollection(vectors);
  const [rows, ids] = whole ? ["vectors", "token_ids"].map((name) => arrayIn(vectors, name)) : [vectors, tokenIds];
  if (rows === undefined || ids === undefined) {
    throw usageFailure(`name the token ids of ${vectors}, too: clustering is by token type`);
  }
  requireFiles(rows, ids);
  return [rows, ids];
}
