import { basename } from "node:path";
import { type DatasetFiles, datasetFiles, requireFiles } from "@maxsimd/report/dataset";
import { EXIT } from "../exit-code.js";
import { CommandFailure } from "../failure.js";

/** The files of a data set on the command line. */
export interface InputFlags {
  dataset?: string;
  queries?: string;
  queryLens?: string;
  qrels?: string;
  documents?: string;
  queriesText?: string;
}

/**
 * The files that are named one by one, or those of a data set's folder. A file named by an option replaces the folder's.
 *
 * @throws CommandFailure with what is missing
 */
export function reportInputs(files: readonly (string | undefined)[], flags: InputFlags): DatasetFiles {
  const inputs = { ...base(files, flags), ...named(flags) };
  const { queries } = inputs;
  if (queries === undefined) {
    throw new CommandFailure(EXIT.USAGE, "say what to ask: --queries <file>, or --dataset with a folder that has them");
  }
  const { vectors, tokenIds, doclens, queryLens, judgements, documents, queryTexts } = inputs;
  requireFiles(vectors, tokenIds, doclens, queries, queryLens, judgements, documents, queryTexts);
  return { ...inputs, queries };
}

type Partly = Omit<DatasetFiles, "queries"> & { queries?: string };

function base([vectors, tokenIds, doclens]: readonly (string | undefined)[], { dataset }: InputFlags): Partly {
  if (dataset !== undefined && vectors === undefined) return datasetFiles(dataset);
  if (dataset !== undefined) throw new CommandFailure(EXIT.USAGE, "give either files or --dataset, not both");
  if (vectors === undefined || tokenIds === undefined || doclens === undefined) {
    throw new CommandFailure(EXIT.USAGE, "name the files <vectors> <token_ids> <doclens>, or --dataset <folder>");
  }
  return { title: basename(vectors), vectors, tokenIds, doclens };
}

function named({ queries, queryLens, qrels, documents, queriesText }: InputFlags): Partial<DatasetFiles> {
  const files = { queries, queryLens, judgements: qrels, documents, queryTexts: queriesText };
  const given = Object.entries(files).filter(([, file]) => file !== undefined);
  // The folder's lengths belong to the folder's queries.
  return { ...(queries === undefined ? {} : { queryLens: undefined }), ...Object.fromEntries(given) };
}
