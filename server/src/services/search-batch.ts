import { create } from "@bufbuild/protobuf";
import { type SearchBatchRequest, type SearchBatchResponse, SearchBatchResponseSchema } from "@maxsimd/proto";
import { ServiceError } from "../errors/service-error.js";
import { BulkRun } from "./bulk-run.js";
import type { CallContext } from "./call-context.js";
import { checkBatch } from "./query-tensor.js";
import { checkParams } from "./search-params.js";
import type { ServiceDeps } from "./service-deps.js";

/**
 * SearchService.SearchBatch: one message with many queries, answered by one version in completion order. A fault of the
 * whole message fails the call; that of one query is its outcome.
 */
export async function* searchBatch(
  deps: ServiceDeps,
  request: SearchBatchRequest,
  context: CallContext,
): AsyncGenerator<SearchBatchResponse> {
  const lease = deps.catalog.acquire(request.index?.index ?? "", request.index?.version ?? "");
  let run: BulkRun;
  try {
    const params = checkParams(request.params, lease.opened, deps.limits.k);
    const parts = checkBatch(request.queries, lease.opened.dim, deps.limits);
    const ids = parts.map((_, i) => BigInt(i));
    run = new BulkRun(deps.engine, deps.admission, deps.limits, context);
    void run.accept({ lease, params, parts, ids }).then(
      () => run.close(),
      (error: unknown) => run.close(ServiceError.from(error)),
    );
  } catch (error) {
    lease.release();
    throw error;
  }
  try {
    for await (const { outcomes } of run.responses()) {
      yield create(SearchBatchResponseSchema, { indexVersion: lease.version, outcomes });
    }
  } finally {
    run.abandon();
  }
}
