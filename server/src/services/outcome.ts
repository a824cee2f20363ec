import { create, type JsonObject } from "@bufbuild/protobuf";
import {
  ErrorCode,
  type Explanation,
  ExplanationSchema,
  type Hits,
  HitsSchema,
  type QueryOutcome,
  QueryOutcomeSchema,
} from "@maxsimd/proto";
import { FIXED, type Limits } from "../config/limits.js";
import type { Answer, EngineIndex } from "../engine/query.js";
import { toErrorDetail } from "../errors/error-detail.js";
import { isIndexChanged } from "../errors/from-native.js";
import { ServiceError } from "../errors/service-error.js";
import type { FieldSelection } from "./field-selection.js";
import { framed, structBytes, varintBytes } from "./wire-size.js";

/** What turns positions into hits. The index must be open: whoever has this holds a lease. */
export interface HitSource {
  readonly index: EngineIndex;
  readonly fields: FieldSelection;
}

/** A part of a response, with the bytes that it takes, encoded, or slightly more. */
export interface Sized<Part> {
  readonly part: Part;
  readonly bytes: number;
}

const SCORE_BYTES = 4;
/** Bytes one result takes at most without its id and fields: a five-byte position and a score. */
const RESULT_BYTES = 5 + SCORE_BYTES;
/** Tags, lengths, a flag and a ten-byte query id around the results. */
const FRAME_BYTES = 40;
/** Bytes an error takes at most: four texts, each cut to 256 characters of at most 3 bytes. */
const ERROR_BYTES = 3 * 1024 + FRAME_BYTES;

/** Bytes that k results take at most until their ids and fields are looked up. */
export function resultBytes(k: number): number {
  return k * RESULT_BYTES + FRAME_BYTES;
}

/**
 * An answer in the form of the wire: looks up the ids and selected fields of its documents, and adds their explanations.
 * Throws LIMIT_EXCEEDED as soon as it would not fit a response, or for fields that are nested too deeply to be sent.
 */
export function toHits(
  answer: Answer,
  { index, fields }: HitSource,
  limits: Pick<Limits, "responseBytes">,
): Sized<Hits> {
  const most = limits.responseBytes - FIXED.envelopeBytes;
  const { docIds, exhausted } = answer;
  const ids = index.ids(docIds);
  let bytes = FRAME_BYTES;
  for (const [i, id] of ids.entries()) {
    bytes += varintBytes(docIds[i] ?? 0) + SCORE_BYTES + framed(Buffer.byteLength(id));
  }
  const records: JsonObject[] = [];
  for (const docId of fields === undefined ? [] : docIds) {
    throwIfOver(bytes, most);
    const record = select(index.fields(docId) as JsonObject, fields);
    const size = structBytes(record);
    if (size === undefined) {
      throw tooDeep(ids[records.length] ?? "");
    }
    bytes += framed(size);
    records.push(record);
  }
  const explanations: Explanation[] = [];
  for (const { part, bytes: size } of explanationsOf(answer)) {
    throwIfOver(bytes, most);
    bytes += framed(size);
    explanations.push(part);
  }
  throwIfOver(bytes, most);
  const hits = { docIds: Array.from(docIds), scores: Array.from(answer.scores), ids, fields: records, exhausted };
  return { part: create(HitsSchema, { ...hits, explanations }), bytes };
}

/** The explanation of each document, made when it is asked for. */
function* explanationsOf({ docIds, explanation }: Answer): Generator<Sized<Explanation>> {
  if (explanation === undefined) {
    return;
  }
  const rows = explanation.tokens.length / docIds.length;
  for (let at = 0; at < explanation.tokens.length; at += rows) {
    const tokens = Array.from(explanation.tokens.subarray(at, at + rows));
    const similarities = Array.from(explanation.similarities.subarray(at, at + rows));
    const numbers = tokens.reduce((sum, token) => sum + varintBytes(token), 0);
    const part = create(ExplanationSchema, { tokens, similarities });
    yield { part, bytes: framed(numbers) + framed(rows * SCORE_BYTES) };
  }
}

/**
 * One query's outcome in the form of the wire. An answer that does not fit a response becomes an error. Throws if the index's files changed
 * and are being verified: it can be called again after that.
 */
export function toOutcome(
  queryId: bigint,
  outcome: Answer | ServiceError,
  source: HitSource | undefined,
  limits: Pick<Limits, "responseBytes">,
): Sized<QueryOutcome> {
  let error = outcome as ServiceError;
  if (!(outcome instanceof ServiceError) && source !== undefined) {
    try {
      const { part, bytes } = toHits(outcome, source, limits);
      return { part: create(QueryOutcomeSchema, { queryId, outcome: { case: "hits", value: part } }), bytes };
    } catch (thrown) {
      error = ServiceError.from(thrown);
      if (isIndexChanged(error)) {
        throw error;
      }
    }
  }
  const part = create(QueryOutcomeSchema, { queryId, outcome: { case: "error", value: toErrorDetail(error) } });
  return { part, bytes: ERROR_BYTES };
}

function select(record: JsonObject, fields: FieldSelection): JsonObject {
  if (fields === "all" || fields === undefined) {
    return record;
  }
  const present = fields.filter((name) => Object.hasOwn(record, name));
  return Object.fromEntries(present.map((name) => [name, record[name] as JsonObject]));
}

function throwIfOver(bytes: number, most: number): void {
  if (bytes > most) {
    throw new ServiceError(ErrorCode.LIMIT_EXCEEDED, "the answer is too large; ask for fewer results or fields", {
      field: "params.k",
      expected: `ids, fields and explanations that fit a response of ${most} bytes`,
      got: "more",
    });
  }
}

function tooDeep(id: string): ServiceError {
  return new ServiceError(ErrorCode.LIMIT_EXCEEDED, "stored fields are nested too deeply to be sent; select others", {
    field: "fields",
    expected: `at most ${FIXED.fieldDepth} levels of lists and objects`,
    got: `more in the document ${id}`,
  });
}
