import { create } from "@bufbuild/protobuf";
import {
  type DescribeRequest,
  type DescribeResponse,
  DescribeResponseSchema,
  SearchParamsSchema,
} from "@maxsimd/proto";
import { DEFAULT_PARAMS } from "./search-params.js";
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
      defaults: create(SearchParamsSchema, DEFAULT_PARAMS),
      serverVersion,
    });
  } finally {
    lease.release();
  }
}
