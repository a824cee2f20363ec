import { existsSync, readFileSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { arrayIn, findArray, isCollection } from "./arrays.js";
import { InputError } from "./input-error.js";
import { parseJson } from "./parse-json.js";

/** The arrays that an index is built from: paths, or `path:name` in an archive. */
export interface CorpusArrays {
  readonly vectors: string;
  /** Null for a corpus without token ids. */
  readonly tokenIds: string | null;
  readonly doclens: string;
}

/** The files of a data set: what an index is built from, and what it is evaluated with. */
export interface DatasetFiles extends CorpusArrays {
  /** Name of the collection. */
  readonly title: string;
  readonly queries: string;
  readonly queryLens?: string | undefined;
  /** Lines of query index, document index and grade. */
  readonly judgements?: string | undefined;
  /** JSON lines with a title for each document. */
  readonly documents?: string | undefined;
  /** JSON lines with a text for each query. */
  readonly queryTexts?: string | undefined;
}

/**
 * The files of a folder as `npm run datasets` writes it, or the arrays of an archive under the same names. Token ids,
 * lengths of queries and the files that are not arrays may be missing.
 */
export async function datasetFiles(collection: string): Promise<DatasetFiles> {
  if (!isCollection(collection)) throw new InputError("NOT_FOUND", `there is no folder ${collection}`);
  const maybe = (name: string) => (existsSync(join(collection, name)) ? join(collection, name) : undefined);
  return {
    title: titleOf(maybe("dataset.json")) ?? basename(resolve(collection)),
    vectors: arrayIn(collection, "vectors"),
    tokenIds: (await findArray(collection, "token_ids")) ?? null,
    doclens: arrayIn(collection, "doclens"),
    queries: arrayIn(collection, "query_vectors"),
    queryLens: await findArray(collection, "query_lens"),
    judgements: maybe("qrels.tsv"),
    documents: maybe("documents.jsonl"),
    queryTexts: maybe("queries.jsonl"),
  };
}

function titleOf(description: string | undefined): string | undefined {
  if (description === undefined) return undefined;
  const { title } = parseJson(readFileSync(description, "utf8"), description);
  return typeof title === "string" ? title : undefined;
}
