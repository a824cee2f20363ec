import type { JsonValue } from "@bufbuild/protobuf";
import type { SearchResponse, Hits as WireHits, IndexVersion as WireVersion } from "@maxsimd/proto";
import type { MaxsimRpcError } from "../errors/maxsim-rpc-error.js";

/** Identifies the version of an index that an answer comes from. */
export interface IndexVersion {
  /** Name of the index. */
  readonly index: string;
  /** Label of the version. */
  readonly version: string;
  /** Digest of the index file's content: 64 hexadecimal digits. */
  readonly digest: string;
}

/** The version that a message names; its texts are empty if the server names no version. */
export function indexVersionOf(message: WireVersion | undefined): IndexVersion {
  return { index: message?.index ?? "", version: message?.version ?? "", digest: message?.digest ?? "" };
}

/** Stored fields of a document, by name: what was JSON when the index was built. An integer beyond 2^53 is rounded. */
export type StoredFields = Readonly<Record<string, JsonValue>>;

/** Why a document has its score: one entry for each query token. */
export interface Explanation {
  /** Number of the document's token that matches best. */
  readonly tokens: Uint32Array;
  /** Their similarities, which add up to the score. */
  readonly similarities: Float32Array;
}

/** One document of an answer. */
export interface Hit {
  /** Position of the document in the corpus that this version of the index was built from, from 0. */
  readonly docId: number;
  /** The id that the document was given; its position in digits if the index was built without ids. */
  readonly id: string;
  /** MaxSim score, on the scale of the original vectors. */
  readonly score: number;
  /** The fields that were asked for; absent if no fields were. */
  readonly fields?: StoredFields;
  /** Only if the search was asked to explain. */
  readonly explanation?: Explanation;
}

/**
 * The documents of one answer, best first: by descending score, ties by id (shorter ids first, then by bytes). There are fewer than k documents only
 * when there are no more to return: fewer have tokens and match the filter.
 */
export class Hits {
  /** Positions of the documents. */
  readonly docIds: Uint32Array;
  /** Ids of the documents, one for each entry of `docIds`. */
  readonly ids: readonly string[];
  /** Scores, one for each entry of `docIds`. */
  readonly scores: Float32Array;
  /** Whether every document that may be returned was scored: none is missing because the search is approximate. */
  readonly exhausted: boolean;
  /** The fields that were asked for, one for each entry of `docIds`; empty if no fields were. */
  readonly fields: readonly StoredFields[];
  /** Why the documents have their scores, one for each entry of `docIds`; empty if the search was not asked to explain. */
  readonly explanations: readonly Explanation[];
  #hits: readonly Hit[] | undefined;

  constructor(message: WireHits | undefined) {
    this.docIds = new Uint32Array(message?.docIds ?? []);
    this.scores = new Float32Array(message?.scores ?? []);
    const ids = message?.ids ?? [];
    this.ids = ids.length === this.docIds.length ? ids : Array.from(this.docIds, String);
    this.exhausted = message?.exhausted ?? false;
    this.fields = message?.fields ?? [];
    this.explanations = (message?.explanations ?? []).map(({ tokens, similarities }) => ({
      tokens: new Uint32Array(tokens),
      similarities: new Float32Array(similarities),
    }));
  }

  /** The same documents as objects, created on first use. */
  get hits(): readonly Hit[] {
    this.#hits ??= Array.from(this.docIds, (docId, i) => {
      const hit = { docId, id: this.ids[i] as string, score: this.scores[i] as number };
      const [fields, explanation] = [this.fields[i], this.explanations[i]];
      return {
        ...hit,
        ...(fields === undefined ? {} : { fields }),
        ...(explanation === undefined ? {} : { explanation }),
      };
    });
    return this.#hits;
  }
}

/** Time that the server spent on a query. */
export interface ServerTiming {
  /** Microseconds from the arrival of the request until a worker began it. */
  readonly queueMicros: number;
  /** Microseconds in native code for this query, its validation included. */
  readonly searchMicros: number;
}

/** The answer to one query. */
export class Answer extends Hits {
  /** The version that answered. */
  readonly indexVersion: IndexVersion;
  readonly timing: ServerTiming;

  constructor(response: Pick<SearchResponse, "hits" | "indexVersion" | "timing">) {
    super(response.hits);
    this.indexVersion = indexVersionOf(response.indexVersion);
    this.timing = { queueMicros: response.timing?.queueUs ?? 0, searchMicros: response.timing?.searchUs ?? 0 };
  }

  toJSON() {
    const { hits, exhausted, indexVersion, timing } = this;
    return { hits, exhausted, indexVersion, timing };
  }
}

/**
 * The outcome of one query of a batch or stream: an answer, or a failure if `error` is set. `id` is the position of the query
 * in a batch, and the caller's own id in a stream.
 */
export type Outcome<Id = number> = Answered<Id> | Failed<Id>;

/** A query that was answered. */
export class Answered<Id> extends Hits {
  readonly id: Id;
  /** The version that answered. */
  readonly indexVersion: IndexVersion;
  readonly error: undefined = undefined;

  constructor(id: Id, hits: WireHits | undefined, indexVersion: IndexVersion) {
    super(hits);
    this.id = id;
    this.indexVersion = indexVersion;
  }

  toJSON() {
    const { id, hits, exhausted, indexVersion } = this;
    return { id, hits, exhausted, indexVersion };
  }
}

/** A query that failed. The other queries of the batch or stream are not affected. */
export class Failed<Id> {
  readonly id: Id;
  readonly error: MaxsimRpcError;
  /** The version that rejected the query; undefined if the query never reached a server. */
  readonly indexVersion: IndexVersion | undefined;
  readonly hits: undefined = undefined;

  constructor(id: Id, error: MaxsimRpcError, indexVersion?: IndexVersion) {
    this.id = id;
    this.error = error;
    this.indexVersion = indexVersion;
  }

  toJSON() {
    const { code, message, field, expected, got } = this.error;
    return { id: this.id, error: { code, message, field, expected, got }, indexVersion: this.indexVersion };
  }
}
