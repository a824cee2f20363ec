import { create } from "@bufbuild/protobuf";
import { type Hits, HitsSchema, type QueryOutcome, QueryOutcomeSchema } from "@maxsimd/proto";
import type { Answer } from "../engine/query.js";
import { toErrorDetail } from "../errors/error-detail.js";
import { ServiceError } from "../errors/service-error.js";

/** An answer in the form of the wire. */
export function toHits(answer: Answer): Hits {
  return create(HitsSchema, { docIds: Array.from(answer.docIds), scores: Array.from(answer.scores) });
}

/** One query's outcome in the form of the wire. */
export function toOutcome(queryId: bigint, outcome: Answer | ServiceError): QueryOutcome {
  if (outcome instanceof ServiceError) {
    return create(QueryOutcomeSchema, { queryId, outcome: { case: "error", value: toErrorDetail(outcome) } });
  }
  return create(QueryOutcomeSchema, { queryId, outcome: { case: "hits", value: toHits(outcome) } });
}

/** Bytes one result takes at most: a five-byte id and a four-byte score. */
const RESULT_BYTES = 9;
/** Tags, lengths and a ten-byte query id around the results. */
const FRAME_BYTES = 32;
/** Bytes an error takes at most: four texts, each cut to 256 characters of at most 3 bytes. */
const ERROR_BYTES = 3 * 1024 + FRAME_BYTES;

/** Bytes that k results take at most, encoded. */
export function resultBytes(k: number): number {
  return k * RESULT_BYTES + FRAME_BYTES;
}

/** Bytes that an outcome takes at most, encoded. */
export function outcomeBytes(outcome: Answer | ServiceError): number {
  return outcome instanceof ServiceError ? ERROR_BYTES : resultBytes(outcome.docIds.length);
}
