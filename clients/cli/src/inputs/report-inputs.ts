import { basename } from "node:path";
import { type DatasetFiles, datasetFiles, isCollection, requireFiles } from "@maxsimd/report/dataset";
import { usageFailure } from "../failure.js";
import { type CorpusFlags, corpusInputs } from "./corpus-inputs.js";

/** The files of a data set on the command line. */
export interface InputFlags extends CorpusFlags {
  dataset?: string;
  queries?: string;
  queryLens?: string;
  qrels?: string;
  documents?: string;
  queriesText?: string;
}

/**
 * The files that are named one by one, or those of a data set's folder or archive. A file named by an option replaces
 * the folder's.
 *
 * @throws CommandFailure with what is missing
 */
export async function reportInputs(files: readonly (string | undefined)[], flags: InputFlags): Promise<DatasetFiles> {
  const inputs = { ...(await base(files, flags)), ...named(flags) };
  const { queries } = inputs;
  if (queries === undefined) {
    throw usageFailure("say what to ask: --queries <file>, or --dataset with a folder that has them");
  }
  const { vectors, tokenIds, doclens, queryLens, judgements, documents, queryTexts } = inputs;
  requireFiles(vectors, tokenIds, doclens, queries, queryLens, judgements, documents, queryTexts);
  return { ...inputs, queries };
}

type Partly = Omit<DatasetFiles, "queries"> & { queries?: string };

async function base([vectors, tokenIds, doclens]: readonly (string | undefined)[], flags: InputFlags): Promise<Partly> {
  const { dataset } = flags;
  if (dataset !== undefined && vectors !== undefined) {
    throw usageFailure("give either arrays or --dataset, not both");
  }
  const source = dataset ?? vectors;
  if (source === undefined) {
    throw usageFailure("name the arrays <vectors> <token_ids> <doclens>, or --dataset <folder>");
  }
  const whole = dataset !== undefined || (tokenIds === undefined && isCollection(source));
  const rest = whole ? await datasetFiles(source) : { title: basename(source) };
  return { ...rest, ...(await corpusInputs([source, tokenIds, doclens], flags)) };
}

function named({ queries, queryLens, qrels, documents, queriesText }: InputFlags): Partial<DatasetFiles> {
  const files = { queries, queryLens, judgements: qrels, documents, queryTexts: queriesText };
  const given = Object.entries(files).filter(([, file]) => file !== undefined);
  // The folder's lengths belong to the folder's queries.
  return { ...(queries === undefined ? {} : { queryLens: undefined }), ...Object.fromEntries(given) };
}
