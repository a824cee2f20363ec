import { existsSync, readFileSync, statSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { InputError } from "./input-error.js";

/** The files of a data set: what an index is built from, and what it is evaluated with. */
export interface DatasetFiles {
  /** Name of the collection. */
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

/** The files of a folder as `npm run datasets` writes it. The optional ones may be missing. */
export function datasetFiles(folder: string): DatasetFiles {
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) {
    throw new InputError("NOT_FOUND", `there is no folder ${folder}`);
  }
  const at = (name: string) => join(folder, name);
  const maybe = (name: string) => (existsSync(at(name)) ? at(name) : undefined);
  return {
    title: titleOf(maybe("dataset.json")) ?? basename(resolve(folder)),
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
    throw new InputError("INVALID_INPUT", `${description} is not JSON`, { cause: error });
  }
}
