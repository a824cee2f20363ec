import { existsSync, readFileSync, statSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { EXIT } from "../exit-code.js";
import { CommandFailure } from "../failure.js";
import { requireFiles } from "../inputs/require-file.js";

/** Files that a report is made from. */
export interface ReportInputs {
  /** What the collection is called. */
  readonly title: string;
  readonly vectors: string;
  readonly tokenIds: string;
  readonly doclens: string;
  readonly queries: string;
  readonly queryLens?: string | undefined;
  /** Lines of query index, document index and grade. */
  readonly judgements?: string | undefined;
  /** JSON lines with a title for each document. */
  readonly documents?: string | undefined;
  /** JSON lines with a text for each query. */
  readonly queryTexts?: string | undefined;
}

/** How those files stand on the command line. */
export interface InputFlags {
  dataset?: string;
  queries?: string;
  queryLens?: string;
  qrels?: string;
  documents?: string;
  queriesText?: string;
}

/**
 * The files by themselves, or those of a data set's folder, of which the last three may be missing. A file that an option
 * names takes the place of the folder's.
 *
 * @throws CommandFailure with what is missing
 */
export function reportInputs(files: readonly (string | undefined)[], flags: InputFlags): ReportInputs {
  const inputs = { ...base(files, flags), ...named(flags) };
  const { queries } = inputs;
  if (queries === undefined) {
    throw new CommandFailure(EXIT.USAGE, "say what to ask: --queries <file>, or --dataset with a folder that has them");
  }
  const { vectors, tokenIds, doclens, queryLens, judgements, documents, queryTexts } = inputs;
  requireFiles(vectors, tokenIds, doclens, queries, queryLens, judgements, documents, queryTexts);
  return { ...inputs, queries };
}

type Partly = Omit<ReportInputs, "queries"> & { queries?: string };

function base([vectors, tokenIds, doclens]: readonly (string | undefined)[], { dataset }: InputFlags): Partly {
  if (dataset !== undefined && vectors === undefined) return folder(dataset);
  if (dataset !== undefined) throw new CommandFailure(EXIT.USAGE, "give either files or --dataset, not both");
  if (vectors === undefined || tokenIds === undefined || doclens === undefined) {
    throw new CommandFailure(EXIT.USAGE, "name the files <vectors> <token_ids> <doclens>, or --dataset <folder>");
  }
  return { title: basename(vectors), vectors, tokenIds, doclens };
}

function folder(path: string): Partly {
  if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) {
    throw new CommandFailure(EXIT.NOT_FOUND, `there is no folder ${path}`);
  }
  const at = (name: string) => join(path, name);
  const maybe = (name: string) => (existsSync(at(name)) ? at(name) : undefined);
  return {
    title: titleOf(maybe("dataset.json")) ?? basename(resolve(path)),
    vectors: at("vectors.npy"),
    tokenIds: at("token_ids.npy"),
    doclens: at("doclens.npy"),
    queries: at("query_vectors.npy"),
    queryLens: maybe("query_lens.npy"),
    judgements: maybe("qrels.tsv"),
    documents: maybe("documents.jsonl"),
    queryTexts: maybe("queries.jsonl"),
  };
}

function titleOf(description: string | undefined): string | undefined {
  if (description === undefined) return undefined;
  try {
    const { title } = JSON.parse(readFileSync(description, "utf8")) as { title?: unknown };
    return typeof title === "string" ? title : undefined;
  } catch (error) {
    // biome-ignore lint/style/useErrorCause: the cause is the third argument here
    throw new CommandFailure(EXIT.BAD_DATA, `${description} is not JSON`, { cause: error });
  }
}

function named({ queries, queryLens, qrels, documents, queriesText }: InputFlags) {
  return {
    ...(queries === undefined ? {} : { queries, queryLens }),
    ...(queryLens === undefined ? {} : { queryLens }),
    ...(qrels === undefined ? {} : { judgements: qrels }),
    ...(documents === undefined ? {} : { documents }),
    ...(queriesText === undefined ? {} : { queryTexts: queriesText }),
  };
}
