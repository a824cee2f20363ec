import { create } from "@bufbuild/protobuf";
import {
  Dtype,
  ErrorCode,
  SearchRequestSchema,
  type SearchTextRequest,
  type SearchTextResponse,
  SearchTextResponseSchema,
} from "@maxsimd/proto";
import { FIXED } from "../config/limits.js";
import { ServiceError } from "../errors/service-error.js";
import type { CallContext } from "./call-context.js";
import { search } from "./search.js";
import type { ServiceDeps } from "./service-deps.js";

/** Turns questions into token vectors, in a thread of its own. */
export interface QueryEncoder {
  /** Numbers in each vector. */
  readonly dim: number;
  /** Vectors of all texts, f32 [tokens, dim], and the number of tokens of each. */
  encode(texts: readonly string[], kind: "query"): Promise<{ vectors: Float32Array; lengths: Int32Array }>;
  close(): Promise<void>;
}

/** TextSearchService: encodes a question, and then searches with its vectors as SearchService.Search does. */
export class TextSearch {
  readonly #deps: ServiceDeps;
  readonly #encoder: QueryEncoder;
  /** Questions that are encoded, or wait for it. A caller that leaves does not take its question back. */
  #pending = 0;

  constructor(deps: ServiceDeps, encoder: QueryEncoder) {
    this.#deps = deps;
    this.#encoder = encoder;
  }

  /** Throws EMPTY_QUERY, LIMIT_EXCEEDED, DIM_MISMATCH or OVERLOADED before it encodes, and afterwards what `search` throws. */
  async search(request: SearchTextRequest, context: CallContext): Promise<SearchTextResponse> {
    const { text, index, params, filter, fields, explain } = request;
    const arrived = performance.now();
    this.#checkText(text);
    this.#checkDim(request);
    const { vectors, lengths } = await this.#encode(text);
    const encodeUs = Math.round((performance.now() - arrived) * 1000);
    const data = new Uint8Array(vectors.buffer, vectors.byteOffset, vectors.byteLength);
    const query = { dtype: Dtype.F32, dim: this.#encoder.dim, rows: lengths[0] ?? 0, data };
    const asTensor = create(SearchRequestSchema, { ...defined({ index, params, filter, fields }), query, explain });
    const { indexVersion, hits, timing } = await search(this.#deps, asTensor, context);
    return create(SearchTextResponseSchema, { ...defined({ indexVersion, hits, timing }), encodeUs });
  }

  #checkText(text: string): void {
    const { textBytes } = this.#deps.limits;
    if (text.trim() === "") {
      throw new ServiceError(ErrorCode.EMPTY_QUERY, "the question has no words", {
        field: "text",
        expected: "a question",
        got: text === "" ? "an empty text" : "white space",
      });
    }
    const bytes = Buffer.byteLength(text);
    if (bytes > textBytes) {
      throw new ServiceError(ErrorCode.LIMIT_EXCEEDED, "ask a shorter question", {
        field: "text",
        expected: `at most ${textBytes} bytes`,
        got: `${bytes} bytes`,
      });
    }
  }

  /** Before encoding, which would be of no use. A version that replaces this one meanwhile is checked by the search. */
  #checkDim({ index }: SearchTextRequest): void {
    const lease = this.#deps.catalog.acquire(index?.index ?? "", index?.version ?? "");
    try {
      const { dim } = lease.opened;
      if (dim !== this.#encoder.dim) {
        const message = `the vectors of the index ${lease.version.index} have another dim than those of the server's encoder`;
        throw new ServiceError(ErrorCode.DIM_MISMATCH, message, {
          field: "index",
          expected: `an index of dim ${this.#encoder.dim}, as the encoder has`,
          got: `one of dim ${dim}`,
        });
      }
    } finally {
      lease.release();
    }
  }

  /** Throws OVERLOADED if too many questions wait. A call that ends before its question is encoded is answered by the transport. */
  async #encode(text: string): Promise<{ vectors: Float32Array; lengths: Int32Array }> {
    const { texts } = this.#deps.limits;
    if (this.#pending >= texts) {
      throw new ServiceError(
        ErrorCode.OVERLOADED,
        "too many questions wait to be encoded; try again later or elsewhere",
        { expected: `at most ${texts} questions`, got: `${this.#pending + 1}`, retryAfterMs: FIXED.busyRetryMs },
      );
    }
    this.#pending += 1;
    try {
      return await this.#encoder.encode([text], "query");
    } finally {
      this.#pending -= 1;
    }
  }
}

/** Without the entries that are undefined, which `create` does not take. */
function defined<Parts extends object>(parts: Parts): { [Name in keyof Parts]?: NonNullable<Parts[Name]> } {
  return Object.fromEntries(Object.entries(parts).filter(([, value]) => value !== undefined)) as {
    [Name in keyof Parts]?: NonNullable<Parts[Name]>;
  };
}
