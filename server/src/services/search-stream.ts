import { create } from "@bufbuild/protobuf";
import {
  ErrorCode,
  type IndexSelector,
  type SearchParams,
  type SearchStreamRequest,
  type SearchStreamResponse,
  SearchStreamResponseSchema,
} from "@maxsimd/proto";
import type { Lease } from "../catalog/version-handle.js";
import type { EngineIndex } from "../engine/query.js";
import { ServiceError } from "../errors/service-error.js";
import { type BulkMessage, BulkRun } from "./bulk-run.js";
import type { CallContext } from "./call-context.js";
import { checkFields, type FieldSelection } from "./field-selection.js";
import { filterText } from "./filter.js";
import { checkBatch } from "./query-tensor.js";
import { costedParts } from "./search-cost.js";
import { checkParams, withFilter } from "./search-params.js";
import type { ServiceDeps } from "./service-deps.js";

/**
 * SearchService.SearchStream: queries in, outcomes out in completion order. Each message is answered by one version, the
 * one that is current (or pinned) when the search of the message begins. A query that fails gets an error as its outcome. If a
 * whole message fails, each id that it names gets one. The stream goes on.
 */
export async function* searchStream(
  deps: ServiceDeps,
  requests: AsyncIterable<SearchStreamRequest>,
  context: CallContext,
): AsyncGenerator<SearchStreamResponse> {
  const run = new BulkRun(deps.engine, deps.admission, deps.limits, context);
  void readAll(deps, run, requests).then(
    () => run.close(),
    (error: unknown) => run.close(ServiceError.from(error)),
  );
  try {
    for await (const { version, outcomes } of run.responses()) {
      yield create(
        SearchStreamResponseSchema,
        version === undefined ? { outcomes } : { indexVersion: version, outcomes },
      );
    }
  } finally {
    run.abandon();
  }
}

/** Applies to a message and those after it, until one sets it again. */
interface StreamDefaults {
  index: IndexSelector | undefined;
  params: SearchParams | undefined;
  /** What a message's filter and fields were checked to be: once, as a filter can be long. They throw if it was at fault. */
  filter: () => string | undefined;
  fields: () => FieldSelection;
}

/** The result of a check that is asked for later: each message to which it applies gets it, or its error. */
function checked<Result>(check: () => Result): () => Result {
  try {
    const result = check();
    return () => result;
  } catch (error) {
    return () => {
      throw error;
    };
  }
}

async function readAll(deps: ServiceDeps, run: BulkRun, requests: AsyncIterable<SearchStreamRequest>): Promise<void> {
  const { limits } = deps;
  const nothing = (): undefined => undefined;
  const defaults: StreamDefaults = { index: undefined, params: undefined, filter: nothing, fields: nothing };
  for await (const request of requests) {
    defaults.index = request.index ?? defaults.index;
    defaults.params = request.params ?? defaults.params;
    const { filter, fields } = request;
    defaults.filter = filter === undefined ? defaults.filter : checked(() => filterText(filter, limits));
    defaults.fields = fields === undefined ? defaults.fields : checked(() => checkFields(fields, limits));
    const queries = request.queries?.rowCounts.length ?? 0;
    if (request.queryIds.length > 0) {
      await takeMessage(deps, run, request, defaults);
    } else if (queries > 0) {
      // An outcome needs an id. Without ids the whole stream fails.
      throw idsDiffer(0, queries);
    }
  }
}

async function takeMessage(
  deps: ServiceDeps,
  run: BulkRun,
  request: SearchStreamRequest,
  defaults: StreamDefaults,
): Promise<void> {
  let lease: Lease<EngineIndex>;
  try {
    lease = deps.catalog.acquire(defaults.index?.index ?? "", defaults.index?.version ?? "");
  } catch (error) {
    await run.reject(request.queryIds, ServiceError.from(error), undefined);
    return;
  }
  let message: BulkMessage;
  try {
    await lease.opened.keeper.untilTrusted();
    message = checkMessage(deps, request, defaults, lease);
  } catch (error) {
    lease.release();
    await run.reject(request.queryIds, ServiceError.from(error), lease.version);
    return;
  }
  await run.accept(message);
}

function checkMessage(
  deps: ServiceDeps,
  request: SearchStreamRequest,
  defaults: StreamDefaults,
  lease: Lease<EngineIndex>,
): BulkMessage {
  const params = withFilter(checkParams(defaults.params, lease.opened, deps.limits), defaults.filter());
  const fields = defaults.fields();
  const search = { index: lease.opened, params: params.params, explain: false };
  const parts = costedParts(checkBatch(request.queries, lease.opened.dim, deps.limits), search, deps.limits);
  const ids = request.queryIds;
  if (ids.length !== parts.length) {
    throw idsDiffer(ids.length, parts.length);
  }
  return { lease, params, fields, parts, ids };
}

function idsDiffer(ids: number, queries: number): ServiceError {
  return new ServiceError(ErrorCode.SHAPE_MISMATCH, "send one query id for each query", {
    field: "query_ids",
    expected: `${queries} ids`,
    got: String(ids),
  });
}
