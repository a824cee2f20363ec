/** Relevance judgements of a collection: for each query, its relevant documents. */

import { readFileSync } from "node:fs";
import { InputError } from "./input-error.js";

/** Grade of each relevant document. */
export type Grades = ReadonlyMap<number, number>;

/** Grades of each query, by the position of the query. A query without a relevant document has an empty map. */
export type Judgements = readonly Grades[];

/**
 * Reads `qrels.tsv`. Each line is one judgement: query index, document index and grade, separated by tabs, with indices from
 * 0. A grade above 0 means relevant. Lines that begin with `#` are comments.
 *
 * @throws InputError with the line at fault
 */
export function readJudgements(path: string, queries: number): Judgements {
  const relevant = Array.from({ length: queries }, () => new Map<number, number>());
  for (const [index, line] of readFileSync(path, "utf8").split("\n").entries()) {
    if (line.trim() === "" || line.startsWith("#")) continue;
    const [query, document, grade] = line.split("\t").map(Number);
    const documents = relevant[query ?? -1];
    if (documents === undefined || !Number.isInteger(document) || !Number.isInteger(grade)) {
      throw new InputError(
        "INVALID_INPUT",
        `${path}:${index + 1}: expected a query index below ${queries}, a document index and a grade, got ${line}`,
      );
    }
    if ((grade as number) > 0) documents.set(document as number, grade as number);
  }
  return relevant;
}
