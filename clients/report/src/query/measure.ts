import type { SearchParams, Tachiom } from "@maxsimd/native";
import type { DatasetFiles } from "../dataset/dataset-files.js";
import { readDocuments } from "../dataset/documents.js";
import type { Grades } from "../dataset/judgements.js";
import { type QuerySet, sliceQueries } from "../dataset/query-set.js";
import { type Ranked, rankings } from "../evaluation/rankings.js";
import { fastestPass } from "../throughput/fastest-pass.js";

/** One query with its results. */
export interface SingleQuery {
  readonly position: number;
  readonly text: string | null;
  /** Token vectors of the query. */
  readonly rows: number;
  /** The fastest of some searches on one thread. */
  readonly milliseconds: number;
  readonly hits: readonly SingleHit[];
}

export interface SingleHit {
  readonly rank: number;
  readonly docId: number;
  readonly id: string | null;
  readonly title: string | null;
  readonly score: number;
  /** The score over the query's rows: what one of its tokens finds on average. */
  readonly meanScore: number;
  /** Place in the exact ranking, from 1; null beyond its first. */
  readonly exactRank: number | null;
  /** Grade of the judgement; null where there is none, or it says irrelevant. */
  readonly grade: number | null;
}

/** Which query, and what is known of its answer. */
export interface Question {
  readonly queries: QuerySet;
  readonly position: number;
  readonly exact: Ranked;
  readonly grades: Grades | undefined;
}

/** Searches one query by itself. */
export async function searchOne(
  index: Tachiom,
  { queries, position, exact, grades }: Question,
  params: SearchParams,
  inputs: DatasetFiles,
): Promise<SingleQuery> {
  const { tokens, rows } = sliceQueries(queries, position, position + 1);
  const { seconds, first } = await fastestPass(() => index.searchWithMeans(tokens, params));
  const { docIds, scores } = rankings(first, 1)[0] as Ranked;
  const documents = inputs.documents === undefined ? undefined : await readDocuments(inputs.documents, new Set(docIds));
  const texts =
    inputs.queryTexts === undefined ? undefined : await readDocuments(inputs.queryTexts, new Set([position]));
  const exactPlaces = new Map(Array.from(exact.docIds, (docId, i) => [docId, i + 1]));
  return {
    position,
    text: texts?.get(position)?.title ?? null,
    rows,
    milliseconds: 1000 * seconds,
    hits: Array.from(docIds, (docId, i) => ({
      rank: i + 1,
      docId,
      id: documents?.get(docId)?.id ?? null,
      title: documents?.get(docId)?.title ?? null,
      score: scores[i] as number,
      meanScore: first.meanScores[i] as number,
      exactRank: exactPlaces.get(docId) ?? null,
      grade: grades?.get(docId) ?? null,
    })),
  };
}
