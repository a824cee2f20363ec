import { create } from "@bufbuild/protobuf";
import {
  ErrorCode,
  type QueryOutcome,
  type SearchBatchRequest,
  type SearchBatchResponse,
  SearchBatchResponseSchema,
} from "@maxsimd/proto";
import { ServiceError } from "../errors/service-error.js";
import { BulkRun } from "./bulk-run.js";
import type { CallContext } from "./call-context.js";
import { checkFields } from "./field-selection.js";
import { filterText } from "./filter.js";
import { checkBatch } from "./query-tensor.js";
import { costedParts } from "./search-cost.js";
import { checkParams, withFilter } from "./search-params.js";
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
    await lease.opened.keeper.untilTrusted();
    const filter = filterText(request.filter, deps.limits);
    const params = withFilter(checkParams(request.params, lease.opened, deps.limits), filter);
    const fields = checkFields(request.fields, deps.limits);
    const search = { index: lease.opened, params: params.params, explain: false };
    const parts = costedParts(checkBatch(request.queries, lease.opened.dim, deps.limits), search, deps.limits);
    const ids = parts.map((_, i) => BigInt(i));
    run = new BulkRun(deps.engine, deps.admission, deps.limits, context);
    void run.accept({ lease, params, fields, parts, ids }).then(
      () => run.close(),
      (error: unknown) => run.close(ServiceError.from(error)),
    );
  } catch (error) {
    lease.release();
    throw error;
  }
  try {
    for await (const { outcomes } of run.responses()) {
      throwIfFilterFails(outcomes);
      yield create(SearchBatchResponseSchema, { indexVersion: lease.version, outcomes });
    }
  } finally {
    run.abandon();
  }
}

/** A filter that does not fit the index fails each query alike, and so the call. Only the worker that evaluates it can say so. */
function throwIfFilterFails(outcomes: readonly QueryOutcome[]): void {
  for (const { outcome } of outcomes) {
    if (outcome.case === "error" && outcome.value.code === ErrorCode.INVALID_FILTER) {
      const { code, message, field, expected, got } = outcome.value;
      throw new ServiceError(code, message, { field, expected, got });
    }
  }
}
