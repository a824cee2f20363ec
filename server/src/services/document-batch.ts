import { type Document, Dtype, ErrorCode } from "@maxsimd/proto";
import type { Limits } from "../config/limits.js";
import { type Documents, TokenBuffer } from "../engine/collections.js";
import { ServiceError } from "../errors/service-error.js";

type BatchLimits = Pick<Limits, "upsertDocuments" | "upsertBytes" | "documentTokens" | "documentFieldsBytes">;

/** Collects the documents of an upsert, as the engine takes them. */
export class DocumentBatch {
  readonly #dim: number;
  readonly #limits: BatchLimits;
  readonly #vectors = new TokenBuffer();
  readonly #tokenIds: number[] = [];
  readonly #lengths: number[] = [];
  readonly #ids: string[] = [];
  readonly #fields: object[] = [];
  #elements = 0;
  /** Whether token ids are given; undefined before the first document with tokens. */
  #withTokenIds: boolean | undefined;

  /** @param dim of the index */
  constructor(dim: number, limits: BatchLimits) {
    this.#dim = dim;
    this.#limits = limits;
  }

  get count(): number {
    return this.#lengths.length;
  }

  /**
   * Adds a document. Whether ids are distinct and fields fit the attributes is checked natively.
   * Throws INVALID_DOCUMENT, INVALID_DTYPE, DIM_MISMATCH, SHAPE_MISMATCH or LIMIT_EXCEEDED.
   */
  add(document: Document): void {
    const at = `documents[${this.count}]`;
    this.#limit(`documents`, this.count + 1, this.#limits.upsertDocuments, "documents in one upsert");
    const rows = this.#checkRows(document, at);
    this.#elements += rows * this.#dim;
    this.#limit(`${at}.tokens`, this.#elements * 2, this.#limits.upsertBytes, "bytes of token vectors in one upsert");
    this.#append(document, at);
    this.#takeTokenIds(document.tokenIds, rows, at);
    this.#lengths.push(rows);
    this.#ids.push(document.id);
    this.#fields.push(this.#fieldsOf(document, at));
  }

  /** All documents, once. */
  take(): Documents {
    return {
      vectors: this.#vectors,
      dim: this.#dim,
      tokenIds: this.#withTokenIds ? Uint32Array.from(this.#tokenIds) : null,
      doclens: Int32Array.from(this.#lengths),
      ids: this.#ids,
      attributes: this.#fields,
    };
  }

  /** Frees the token vectors, unless they were taken and used. */
  close(): void {
    this.#vectors.close();
  }

  #append({ tokens }: Document, at: string): void {
    if (tokens === undefined || tokens.data.byteLength === 0) {
      return;
    }
    const { data, dtype } = tokens;
    const wrong = this.#vectors.append(data, dtype === Dtype.F16 ? "f16" : "f32");
    if (wrong >= 0) {
      const parts = {
        field: `${at}.tokens.data`,
        expected: "finite numbers that f16 holds",
        got: `${numberAt(data, dtype, wrong)} as element ${wrong}`,
      };
      throw new ServiceError(
        ErrorCode.NON_FINITE,
        "a document holds a NaN, an infinity or a number beyond 65504",
        parts,
      );
    }
  }

  #checkRows({ tokens }: Document, at: string): number {
    const { rows = 0, dim = this.#dim, dtype = Dtype.F16, data } = tokens ?? {};
    this.#limit(`${at}.tokens.rows`, rows, this.#limits.documentTokens, "token vectors in one document");
    if (rows > 0 && dtype !== Dtype.F16 && dtype !== Dtype.F32) {
      const parts = { field: `${at}.tokens.dtype`, expected: "F16 or F32", got: String(dtype) };
      throw new ServiceError(ErrorCode.INVALID_DTYPE, "the dtype of a document is unset or unknown", parts);
    }
    if (rows > 0 && dim !== this.#dim) {
      const parts = { field: `${at}.tokens.dim`, expected: String(this.#dim), got: String(dim) };
      throw new ServiceError(ErrorCode.DIM_MISMATCH, "a document has another dim than the index", parts);
    }
    const bytes = rows * this.#dim * (dtype === Dtype.F32 ? 4 : 2);
    if ((data?.byteLength ?? 0) !== bytes) {
      const parts = { field: `${at}.tokens.data`, expected: `${bytes} bytes`, got: `${data?.byteLength ?? 0} bytes` };
      throw new ServiceError(ErrorCode.SHAPE_MISMATCH, "the data of a document are not rows * dim elements", parts);
    }
    return rows;
  }

  #takeTokenIds(ids: readonly number[], rows: number, at: string): void {
    if (rows > 0) {
      this.#withTokenIds ??= ids.length > 0;
    }
    const expected = this.#withTokenIds ? rows : 0;
    if (ids.length !== expected) {
      const parts = { field: `${at}.token_ids`, expected: `${expected} ids`, got: String(ids.length) };
      const message = "token ids are one for each token, and given for all documents of a change or for no document";
      throw new ServiceError(ErrorCode.INVALID_DOCUMENT, message, parts);
    }
    for (const id of ids) {
      this.#tokenIds.push(id);
    }
  }

  #fieldsOf({ fields }: Document, at: string): object {
    if (fields === undefined) {
      return {};
    }
    if (Object.hasOwn(fields, "id")) {
      const parts = { field: `${at}.fields.id`, expected: "another name", got: "id" };
      throw new ServiceError(ErrorCode.INVALID_DOCUMENT, "the name id is the document's id, not a field", parts);
    }
    const length = Buffer.byteLength(JSON.stringify(fields));
    this.#limit(`${at}.fields`, length, this.#limits.documentFieldsBytes, "bytes of fields in one document");
    return fields;
  }

  #limit(field: string, got: number, most: number, what: string): void {
    if (got > most) {
      const parts = { field, expected: `at most ${most} ${what}`, got: String(got) };
      throw new ServiceError(ErrorCode.LIMIT_EXCEEDED, "send less at a time, in several changes", parts);
    }
  }
}

/** An element that f16 does not hold, as text. */
function numberAt(data: Uint8Array, dtype: Dtype, element: number): string {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  if (dtype === Dtype.F32) {
    return String(view.getFloat32(4 * element, true));
  }
  const bits = view.getUint16(2 * element, true);
  return (bits & 0x3ff) === 0 ? `${bits >> 15 === 1 ? "-" : ""}Infinity` : "NaN";
}
