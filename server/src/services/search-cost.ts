import { ErrorCode } from "@maxsimd/proto";
import type { Limits } from "../config/limits.js";
import { type EngineIndex, SEARCH_DEFAULTS, type SearchParams } from "../engine/query.js";
import { ServiceError } from "../errors/service-error.js";
import type { BatchPart, CheckedTensor } from "./query-tensor.js";

/** What the estimate needs of an index. */
export type CostedIndex = Pick<EngineIndex, "documents" | "tokens" | "centroids" | "dim">;

/** A search whose queries differ only in their rows. */
export interface CostedSearch {
  readonly index: CostedIndex;
  readonly params: SearchParams;
  readonly explain: boolean;
}

/** A query that a worker may be given. */
export interface CostedTensor extends CheckedTensor {
  /** How long a worker takes for it at most, by the estimate. */
  readonly estimatedMicros: number;
}

/**
 * Nanoseconds of each part of a search, with vectors of 128 dimensions. Measured on the Debian corpus (60,594 documents, 4.1 million tokens,
 * 38,361 centroids) on one core of a Xeon with AVX-512, over 1 to 1,024 query tokens: the largest of what a part took in queries of real,
 * random and equal rows. Most queries take half of the estimate.
 */
const NS = {
  /** A query token and a centroid of a group that it visits. */
  compare: 1.2,
  /** A place of a query token's beam: keeping and sorting it. */
  beam: 100,
  /** The same where a graph is walked. */
  walk: 1300,
  /** An entry of a list that is read. */
  entry: 3,
  /** A candidate, whatever its tokens. */
  candidate: 300,
  /** A query token and a token of a candidate: the passes over bytes. */
  bytes: 1.5,
  /** Decoding a token of a document that is among the k best, and scoring it for a query token. */
  decode: 50,
  score: 5.5,
  /** A query token and a token of an index without centroids. */
  exact: 4,
} as const;

/** Query tokens from which the scores of a candidate's tokens do not fit a core's cache, which doubles their time. */
const SPILLS_FROM = 512;
/** Lists that are near a query are longer than the mean: they are read more often because they hold more. */
const LONGER_LISTS = 2;
/** Centroids from which the engine has groups of them, and from which it has a graph instead; see native/core/src/build. */
const GROUPED_FROM = 8192;
const WALKED_FROM = 262_144;

/** How long a worker takes at most for a query of so many rows, in microseconds, by the size of the index and the parameters. */
export function estimateMicros({ index, params, explain }: CostedSearch, rows: number): number {
  const scale = index.dim / 128;
  const spill = 1 + Math.min(1, rows / SPILLS_FROM);
  const k = Math.min(params.k ?? SEARCH_DEFAULTS.k, index.documents);
  const perDocument = index.tokens / Math.max(1, index.documents);
  const detailed = k * perDocument * (NS.decode + NS.score * spill * rows);
  if (index.centroids === 0) {
    return ((rows * index.tokens * NS.exact + (explain ? detailed : 0)) * scale) / 1000;
  }
  const candidates = Math.min(index.documents, Math.max(k, params.kDocsToScore ?? SEARCH_DEFAULTS.kDocsToScore));
  const refined = candidates * (NS.candidate + perDocument * NS.bytes * spill * rows);
  return ((rows * gatherNs(index, params) + refined + detailed * (explain ? 2 : 1)) * scale) / 1000;
}

/** Of one query token. */
function gatherNs({ centroids, tokens }: CostedIndex, params: SearchParams): number {
  const read = Math.min(centroids, params.kCentroids ?? SEARCH_DEFAULTS.kCentroids);
  const beam = Math.min(centroids, Math.max(read, params.efSearch ?? Math.ceil(1.5 * read)));
  const entries = Math.min(tokens, (LONGER_LISTS * read * tokens) / centroids);
  return nearestNs(centroids, beam) + entries * NS.entry;
}

function nearestNs(centroids: number, beam: number): number {
  if (centroids >= WALKED_FROM) {
    return beam * NS.walk;
  }
  const groups = centroids < GROUPED_FROM ? 1 : 2.5 * Math.sqrt(centroids);
  const compared = Math.min(centroids, groups + (2 * beam * centroids) / groups);
  return compared * NS.compare + beam * NS.beam;
}

/** Adds the estimate to a query. Throws LIMIT_EXCEEDED if it is above the limit. */
export function costed(tensor: CheckedTensor, search: CostedSearch, limits: Pick<Limits, "searchMs">): CostedTensor {
  const estimatedMicros = estimateMicros(search, tensor.rows);
  if (estimatedMicros > limits.searchMs * 1000) {
    const message =
      "the query would keep a worker too long; send fewer rows, or lower k_docs_to_score, k_centroids, ef_search or k";
    throw new ServiceError(ErrorCode.LIMIT_EXCEEDED, message, {
      field: "params",
      expected: `an estimate of at most ${limits.searchMs} ms (searchMs)`,
      got: `${Math.ceil(estimatedMicros / 1000)} ms for ${tensor.rows} rows`,
    });
  }
  return { ...tensor, estimatedMicros };
}

/** The same for each query of a batch: one that is above the limit is an error in its place. */
export function costedParts(
  parts: readonly BatchPart[],
  search: CostedSearch,
  limits: Pick<Limits, "searchMs">,
): (CostedTensor | ServiceError)[] {
  return parts.map((part) => {
    if (part instanceof ServiceError) {
      return part;
    }
    try {
      return costed(part, search, limits);
    } catch (error) {
      return ServiceError.from(error);
    }
  });
}
