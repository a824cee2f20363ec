import { create, type MessageInitShape } from "@bufbuild/protobuf";
import {
  ErrorCode,
  Lost,
  type SearchParamsSchema,
  type WhyNotRequest,
  type WhyNotResponse,
  WhyNotResponseSchema,
} from "@maxsimd/proto";
import type { WhyNot } from "../engine/query.js";
import { ServiceError } from "../errors/service-error.js";
import type { CallContext } from "./call-context.js";
import { filterText } from "./filter.js";
import { checkQuery } from "./query-tensor.js";
import { costed } from "./search-cost.js";
import { checkParams, withFilter } from "./search-params.js";
import type { ServiceDeps } from "./service-deps.js";

const LOST: Readonly<Record<WhyNot["lost"], Lost>> = {
  found: Lost.FOUND,
  unknown: Lost.UNKNOWN,
  deleted: Lost.DELETED,
  "no tokens": Lost.NO_TOKENS,
  filtered: Lost.FILTERED,
  "not gathered": Lost.NOT_GATHERED,
  "below alpha": Lost.BELOW_ALPHA,
  "beyond cap": Lost.BEYOND_CAP,
  "stopped early": Lost.STOPPED_EARLY,
  "out-ranked": Lost.OUT_RANKED,
};

/**
 * SearchService.WhyNot: where a search lost a document. Refuses with OVERLOADED when there is no room for a query, or too many of these
 * are running. Native code stops when the caller leaves or its deadline passes.
 */
export async function whyNot(deps: ServiceDeps, request: WhyNotRequest, context: CallContext): Promise<WhyNotResponse> {
  const { catalog, engine, admission, limits } = deps;
  const lease = catalog.acquire(request.index?.index ?? "", request.index?.version ?? "");
  try {
    const index = lease.opened;
    await index.keeper.untilTrusted();
    const { params } = withFilter(checkParams(request.params, index, limits), filterText(request.filter, limits));
    const tensor = costed(checkQuery(request.query, index.dim, limits), { index, params, explain: false }, limits);
    checkId(request.id);
    admission.enter(context.deadline);
    try {
      const { lost, change, ...numbers } = await engine.whyNots.ask(
        index,
        { params, ...tensor },
        request.id,
        context.signal,
      );
      const changed = change === undefined ? {} : { change: wireChange(change), withoutBeta: change.beta === null };
      return create(WhyNotResponseSchema, { indexVersion: lease.version, lost: LOST[lost], ...numbers, ...changed });
    } finally {
      admission.leave();
    }
  } finally {
    lease.release();
  }
}

function checkId(id: string): void {
  if (id === "") {
    throw new ServiceError(ErrorCode.INVALID_PARAMETER, "the request names no document", {
      field: "id",
      expected: "the id of a document",
      got: "an empty text",
    });
  }
}

/** Null turns a rule off, which is +infinity for alpha and has no value for beta. */
function wireChange({ alpha, beta: _, lambda: _unchanged, ...counts }: NonNullable<WhyNot["change"]>): Change {
  return { ...counts, ...(alpha === undefined ? {} : { alpha: alpha ?? Number.POSITIVE_INFINITY }) };
}

type Change = MessageInitShape<typeof SearchParamsSchema>;
