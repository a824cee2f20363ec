import type { Index, SearchParams } from "@maxsimd/native";
import type { DatasetFiles } from "../dataset/dataset-files.js";
import { readDocuments } from "../dataset/documents.js";
import type { Grades } from "../dataset/judgements.js";
import { type QuerySet, sliceQueries } from "../dataset/queries.js";
import { type Ranked, rankings } from "../evaluation/rankings.js";
import { fastestPass } from "../throughput/fastest-pass.js";

/** One query with its results. */
export interface SingleQuery {
  readonly position: number;
  readonly text: string | null;
  /** Token vectors of the query. */
  readonly rows: number;
  /** The fastest of several searches on one thread. */
  readonly milliseconds: number;
  readonly hits: readonly SingleHit[];
}

export interface SingleHit {
  readonly rank: number;
  readonly docId: number;
  readonly id: string | null;
  readonly title: string | null;
  readonly score: number;
  /** The score divided by the query's rows. */
  readonly meanScore: number;
  /** Rank in exact MaxSim, from 1; null if the document is not among its first. */
  readonly exactRank: number | null;
  /** Grade of the judgement; null for a document that is not judged, or is judged not relevant. */
  readonly grade: number | null;
}

/** The query that is shown, with its exact ranking and its judgements. */
export interface Question {
  readonly queries: QuerySet;
  readonly position: number;
  readonly exact: Ranked;
  readonly grades: Grades | undefined;
}

/** Searches one query by itself. */
export async function searchOne(
  index: Index,
  { queries, position, exact, grades }: Question,
  params: SearchParams,
  { documents: titleFile, queryTexts }: DatasetFiles,
): Promise<SingleQuery> {
  const { tokens, rows } = sliceQueries(queries, position, position + 1);
  const { seconds, first } = await fastestPass(() => index.searchWithMeans(tokens, params));
  const { docIds, scores } = rankings(first, 1)[0] as Ranked;
  const documents = titleFile === undefined ? undefined : await readDocuments(titleFile, new Set(docIds));
  const texts = queryTexts === undefined ? undefined : await readDocuments(queryTexts, new Set([position]));
  const hits = Array.from(docIds, (docId, i) => ({
    ...{ rank: i + 1, docId },
    id: documents?.get(docId)?.id ?? null,
    title: documents?.get(docId)?.title ?? null,
    score: scores[i] as number,
    meanScore: first.meanScores[i] as number,
    exactRank: exact.docIds.indexOf(docId) + 1 || null,
    grade: grades?.get(docId) ?? null,
  }));
  const text = texts?.get(position)?.title ?? null;
  return { position, text, rows, milliseconds: 1000 * seconds, hits };
}
