/** A data set folder as `npm run datasets` writes it, read for the demo and the load tests. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { readNpy } from "@maxsimd/native";
import {
  type DatasetFiles,
  datasetFiles,
  type Judgements,
  type QuerySet,
  readDocuments,
  readJudgements,
  readQueries,
  sliceQueries,
} from "@maxsimd/report/dataset";

export interface Sample {
  name: string;
  files: DatasetFiles;
  queries: QuerySet;
  /** Vocabulary id of each token of the queries. */
  queryTokenIds: readonly number[];
  questions: readonly string[];
  /** Word pieces, by vocabulary id. */
  vocabulary: readonly string[];
  /** File with the documents' ids and fields, one JSON object per line. */
  attributes: string;
  judgements: Judgements;
  /** Changes when any of the builder's inputs does. */
  inputDigest: string;
}

/** @throws Error that names the file at fault */
export async function readSample(folder: string): Promise<Sample> {
  const description = JSON.parse(readFileSync(join(folder, "dataset.json"), "utf8"));
  const files = await datasetFiles(folder);
  const queries = await readQueries(files.queries, files.queryLens);
  const texts = await readDocuments(join(folder, "queries.jsonl"));
  const questions = Array.from(texts.values(), ({ title = "(no title)" }) => title);
  if (questions.length !== queries.count) {
    throw new Error(`${folder}: expected ${questions.length} queries, as in queries.jsonl, got ${queries.count}`);
  }
  return {
    ...{ name: String(description.name), files, queries, questions },
    queryTokenIds: Array.from(readNpy(join(folder, "query_token_ids.npy")).data, Number),
    vocabulary: readFileSync(join(folder, "vocab.txt"), "utf8").split("\n"),
    attributes: join(folder, "attributes.jsonl"),
    judgements: readJudgements(join(folder, "qrels.tsv"), queries.count),
    inputDigest: ["vectors.npy", "token_ids.npy", "doclens.npy", "attributes.jsonl"]
      .map((file) => String(description.files[file].sha256))
      .join("-"),
  };
}

/** The token vectors of one query, as the client takes them. */
export function queryTokens({ queries }: Sample, position: number) {
  const { tokens, dim } = sliceQueries(queries, position, position + 1);
  return { data: tokens, dim };
}

/** The vocabulary ids of one query's tokens. */
export function queryTokenIds({ queries, queryTokenIds: ids }: Sample, position: number): readonly number[] {
  return ids.slice(Number(queries.offsets[position]), Number(queries.offsets[position + 1]));
}

/** The word pieces of one query's tokens. */
export function queryPieces(sample: Sample, position: number): string[] {
  return queryTokenIds(sample, position).map((id) => sample.vocabulary[id] ?? "");
}

/** The word pieces of one document's tokens, by its position. */
export function documentPieces({ files, vocabulary }: Sample, position: number): string[] {
  const lengths = Array.from(readNpy(files.doclens).data, Number);
  const first = lengths.slice(0, position).reduce((sum, length) => sum + length, 0);
  const ids = Array.from(readNpy(String(files.tokenIds)).data, Number);
  return ids.slice(first, first + (lengths[position] ?? 0)).map((id) => vocabulary[id] ?? "");
}
