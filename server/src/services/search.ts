import { create } from "@bufbuild/protobuf";
import { type SearchRequest, type SearchResponse, SearchResponseSchema, ServerTimingSchema } from "@maxsimd/proto";
import type { Lease } from "../catalog/version-handle.js";
import type { Answer, EngineIndex } from "../engine/query.js";
import { ServiceError } from "../errors/service-error.js";
import { timed } from "../observe/stations.js";
import type { CallContext } from "./call-context.js";
import { checkFields, type FieldSelection } from "./field-selection.js";
import { filterText } from "./filter.js";
import { toHits } from "./outcome.js";
import { checkQuery } from "./query-tensor.js";
import { costed } from "./search-cost.js";
import { checkExplainedK, checkParams, withFilter } from "./search-params.js";
import type { ServiceDeps } from "./service-deps.js";

/** SearchService.Search: one query, one answer. Refuses with OVERLOADED when there is no room for it. */
export async function search(deps: ServiceDeps, request: SearchRequest, context: CallContext): Promise<SearchResponse> {
  const lease = deps.catalog.acquire(request.index?.index ?? "", request.index?.version ?? "");
  try {
    await lease.opened.keeper.untilTrusted();
    const { answer, fields } = await answerOne(deps, lease, request, context);
    const { part: hits } = await lease.opened.keeper.ask(() =>
      toHits(answer, { index: lease.opened, fields }, deps.limits),
    );
    return create(SearchResponseSchema, {
      indexVersion: lease.version,
      hits,
      timing: create(ServerTimingSchema, { queueUs: answer.queueMicros, searchUs: answer.searchMicros }),
    });
  } finally {
    lease.release();
  }
}

async function answerOne(
  deps: ServiceDeps,
  lease: Lease<EngineIndex>,
  request: SearchRequest,
  context: CallContext,
): Promise<{ answer: Answer; fields: FieldSelection }> {
  const { engine, admission, limits } = deps;
  const index = lease.opened;
  const { params, key, tensor, fields } = timed("admission", () => {
    const checked = withFilter(checkParams(request.params, index, limits), filterText(request.filter, limits));
    const fields = checkFields(request.fields, limits);
    if (request.explain) {
      checkExplainedK(checked.k, limits.explainK);
    }
    const search = { index, params: checked.params, explain: request.explain };
    const tensor = costed(checkQuery(request.query, index.dim, limits), search, limits);
    admission.enter(context.deadline);
    return { ...checked, fields, tensor };
  });
  const flow = engine.openFlow({ caller: context.caller, single: true });
  const stop = (): void => engine.cancel(flow, context.signal.reason as ServiceError);
  try {
    context.signal.throwIfAborted();
    context.signal.addEventListener("abort", stop, { once: true });
    const outcome = await new Promise<Answer | ServiceError>((resolve) => {
      const query = { index, params, paramsKey: key, ...tensor, explain: request.explain };
      engine.submit(flow, [{ ...query, deadline: context.deadline, onOutcome: resolve }]);
    });
    if (outcome instanceof ServiceError) {
      throw outcome;
    }
    return { answer: outcome, fields };
  } finally {
    context.signal.removeEventListener("abort", stop);
    admission.leave();
  }
}
