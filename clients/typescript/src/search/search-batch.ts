import { create } from "@bufbuild/protobuf";
import {
  Dtype,
  type SearchBatchRequest,
  SearchBatchRequestSchema,
  type SearchBatchResponse,
  SearchService,
} from "@maxsimd/proto";
import type { Connection } from "../connection.js";
import { badArgument, errorOfDetail, MaxsimRpcError } from "../errors/maxsim-rpc-error.js";
import type { SearchCallOptions } from "../options.js";
import { callServerStream } from "../rpc/calls.js";
import { withRetries } from "../rpc/retry.js";
import { type TensorMessage, tensorMethod } from "../rpc/tensor-message.js";
import { type EncodedTokens, encodeTokens, queryBatchOf, type TokenMatrix } from "../tensor/token-matrix.js";
import { Answered, Failed, indexVersionOf, type Outcome } from "./results.js";
import { encodeOptions, type SearchOptions } from "./search-options.js";
import type { VersionWatch } from "./version-watch.js";

const SEARCH_BATCH = tensorMethod(SearchService.method.searchBatch, [2, 1, 4]); // queries.tokens.data

/** A query of a batch and its position among the caller's queries. */
interface BatchQuery {
  readonly position: number;
  readonly tokens: EncodedTokens;
}

/**
 * Answers many queries with one call, from one version. Outcomes arrive in completion order; those of queries that cannot be
 * sent arrive first. The call is repeated only before its first outcome, because a second call may get another version.
 */
export async function* searchBatch(
  connection: Connection,
  queries: readonly TokenMatrix[],
  params: SearchOptions | undefined,
  options: SearchCallOptions,
  watch: VersionWatch,
): AsyncGenerator<Outcome, void, undefined> {
  const { accepted, refused } = encodeAll(queries, options.dtype);
  const request = batchRequest(accepted, params, options);
  const deadline = connection.deadlineOf(options);
  yield* refused;
  if (accepted.length === 0) return;

  const { signal } = options;
  const ticket = watch.ticket();
  const { responses, first } = await withRetries(
    async () => {
      const settings = await connection.settings(deadline, signal);
      const responses = callServerStream(connection.channel, SEARCH_BATCH, request, settings);
      return { responses, first: await responses.next() };
    },
    { maxAttempts: connection.maxAttempts, deadline, signal },
  );
  const missing = new Set(accepted.keys());
  try {
    for (let step = first; !step.done; step = await responses.next()) {
      const version = indexVersionOf(step.value.indexVersion);
      if (!options.version) watch.saw(version, ticket);
      yield* outcomesOf(step.value, accepted, missing);
    }
  } finally {
    await responses.return();
  }
  if (missing.size > 0) {
    const message = `the server ended the batch with ${missing.size} of ${accepted.length} queries unanswered`;
    throw new MaxsimRpcError({ code: "INTERNAL", message });
  }
}

/** Collects the outcomes of a batch in the order of its queries. */
export async function inInputOrder(outcomes: AsyncIterable<Outcome>): Promise<Outcome[]> {
  const ordered: Outcome[] = [];
  for await (const outcome of outcomes) ordered[outcome.id] = outcome;
  return ordered;
}

function* outcomesOf(
  response: SearchBatchResponse,
  accepted: readonly BatchQuery[],
  missing: Set<number>,
): Generator<Outcome> {
  const version = indexVersionOf(response.indexVersion);
  for (const { queryId, outcome } of response.outcomes) {
    const place = Number(queryId);
    const query = accepted[place];
    if (query === undefined || !missing.delete(place)) continue;
    if (outcome.case === "error") yield new Failed(query.position, errorOfDetail(outcome.value), version);
    else yield new Answered(query.position, outcome.value, version);
  }
}

/** Encodes the queries. A batch is one tensor, so all must have the dim and dtype of the first query that can be sent. */
function encodeAll(queries: readonly TokenMatrix[], dtype: SearchCallOptions["dtype"]) {
  const accepted: BatchQuery[] = [];
  const refused: Failed<number>[] = [];
  for (const [position, query] of queries.entries()) {
    try {
      const tokens = encodeTokens(query, dtype);
      const first = accepted[0];
      if (first !== undefined) checkAlike(first, tokens);
      accepted.push({ position, tokens });
    } catch (error) {
      if (!(error instanceof MaxsimRpcError)) throw error;
      refused.push(new Failed(position, error));
    }
  }
  return { accepted, refused };
}

function checkAlike(first: BatchQuery, { dim, dtype }: EncodedTokens): void {
  const fix = `use the same for all queries of a batch; this is that of query ${first.position}`;
  if (dim !== first.tokens.dim) {
    throw badArgument("DIM_MISMATCH", "dim", String(first.tokens.dim), String(dim), fix);
  }
  if (dtype !== first.tokens.dtype) {
    throw badArgument("INVALID_DTYPE", "dtype", Dtype[first.tokens.dtype], Dtype[dtype], fix);
  }
}

function batchRequest(
  accepted: readonly BatchQuery[],
  params: SearchOptions | undefined,
  { index = "", version = "" }: SearchCallOptions,
): TensorMessage<SearchBatchRequest> {
  const message = create(SearchBatchRequestSchema, {
    index: { index, version },
    queries: queryBatchOf(accepted.map(({ tokens }) => tokens)),
    ...encodeOptions(params),
  });
  return { message, data: accepted.map(({ tokens }) => tokens.bytes) };
}
