import { create } from "@bufbuild/protobuf";
import {
  type DescribeRequest,
  type DescribeResponse,
  DescribeResponseSchema,
  type SearchParams,
  SearchParamsSchema,
} from "@maxsimd/proto";
import { SEARCH_DEFAULTS } from "../engine/query.js";
import type { ServiceDeps } from "./service-deps.js";

/** CatalogService.Describe: shape, size and defaults of one version. Throws UNKNOWN_INDEX or UNKNOWN_VERSION. */
export function describe(deps: ServiceDeps, serverVersion: string, request: DescribeRequest): DescribeResponse {
  const lease = deps.catalog.acquire(request.index?.index ?? "", request.index?.version ?? "");
  try {
    const { dim, documents, tokens, centroids, pqSubspaces, bytes } = lease.opened;
    return create(DescribeResponseSchema, {
      indexVersion: lease.version,
      dim,
      documents: BigInt(documents),
      tokens: BigInt(tokens),
      centroids: BigInt(centroids),
      pqSubspaces,
      indexBytes: BigInt(bytes),
      defaults: defaults(),
      serverVersion,
    });
  } finally {
    lease.release();
  }
}

/** The default of ef_search follows k_centroids, and beta and lambda are off by default: all three are unset. */
function defaults(): SearchParams {
  const { k, kCentroids, kDocsToScore, alpha } = SEARCH_DEFAULTS;
  return create(SearchParamsSchema, { k, kCentroids, kDocsToScore, alpha });
}
