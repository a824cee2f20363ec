import type { DescribeResponse } from "@maxsimd/proto";
import { type IndexVersion, indexVersionOf } from "../search/index-version.js";
import { decodeParams, type SearchParams } from "../search/search-params.js";

/** Shape, size and defaults of one index version. */
export interface IndexDescription {
  readonly indexVersion: IndexVersion;
  /** Elements of a token vector. */
  readonly dim: number;
  readonly documents: number;
  /** Token vectors of all documents. */
  readonly tokens: number;
  /** Coarse centroids; 0 where the index is small enough to be scanned exactly. */
  readonly centroids: number;
  /** Product-quantisation subspaces of a token's residual; 0 where vectors are kept whole. */
  readonly pqSubspaces: number;
  readonly indexBytes: number;
  /** What a search uses where its request sets nothing. */
  readonly defaults: SearchParams;
  readonly serverVersion: string;
}

export function indexDescriptionOf(response: DescribeResponse): IndexDescription {
  return {
    indexVersion: indexVersionOf(response.indexVersion),
    dim: response.dim,
    documents: Number(response.documents),
    tokens: Number(response.tokens),
    centroids: Number(response.centroids),
    pqSubspaces: response.pqSubspaces,
    indexBytes: Number(response.indexBytes),
    defaults: decodeParams(response.defaults),
    serverVersion: response.serverVersion,
  };
}
