import { create } from "@bufbuild/protobuf";
import {
  AttributeType,
  type DescribeRequest,
  type DescribeResponse,
  DescribeResponseSchema,
  type SearchParams,
  SearchParamsSchema,
} from "@maxsimd/proto";
import { type EngineIndex, SEARCH_DEFAULTS } from "../engine/query.js";
import type { ServiceDeps } from "./service-deps.js";

const ATTRIBUTE_TYPES: Readonly<Record<EngineIndex["attributes"][string], AttributeType>> = {
  keyword: AttributeType.KEYWORD,
  keywords: AttributeType.KEYWORDS,
  integer: AttributeType.INTEGER,
  float: AttributeType.FLOAT,
  boolean: AttributeType.BOOLEAN,
  timestamp: AttributeType.TIMESTAMP,
};

/** CatalogService.Describe: shape, size, attributes and defaults of one version. Throws UNKNOWN_INDEX or UNKNOWN_VERSION. */
export function describe(deps: ServiceDeps, serverVersion: string, request: DescribeRequest): DescribeResponse {
  const lease = deps.catalog.acquire(request.index?.index ?? "", request.index?.version ?? "");
  try {
    const { dim, documents, tokens, centroids, pqSubspaces, bytes, attributes, drift } = lease.opened;
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
      attributes: Object.fromEntries(Object.entries(attributes).map(([name, type]) => [name, ATTRIBUTE_TYPES[type]])),
      drift: drift.map(({ tier, tokens, trained, error }) => ({
        ...{ tier, tokens: BigInt(tokens), trainedError: trained, error },
      })),
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
