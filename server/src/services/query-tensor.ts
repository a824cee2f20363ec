import { Dtype, ErrorCode, type QueryBatch, type TokenTensor } from "@maxsimd/proto";
import type { Limits } from "../config/limits.js";
import type { TokenType } from "../engine/query.js";
import { ServiceError } from "../errors/service-error.js";

/** Limits that a query tensor is held to. */
type TensorLimits = Pick<Limits, "queryTokens" | "batchQueries">;

/** A tensor whose form agrees with the index. Its data is a view on the received message. */
export interface CheckedTensor {
  /** Path of its data in the request, for errors. */
  readonly field: string;
  readonly dtype: TokenType;
  readonly rows: number;
  readonly data: Uint8Array;
}

/** One query of a batch: its rows, or why it cannot be searched. */
export type BatchPart = CheckedTensor | ServiceError;

const ELEMENT_BYTES: Readonly<Record<TokenType, number>> = { f16: 2, f32: 4 };

/**
 * Checks the form of one query, before a byte of it is copied.
 * Throws EMPTY_QUERY, INVALID_DTYPE, DIM_MISMATCH, SHAPE_MISMATCH or LIMIT_EXCEEDED. Finiteness is checked natively.
 */
export function checkQuery(tensor: TokenTensor | undefined, dim: number, limits: TensorLimits): CheckedTensor {
  const checked = checkTensor("query", tensor, dim);
  const fault = rowsFault("query.rows", checked.rows, limits.queryTokens);
  if (fault !== undefined) {
    throw fault;
  }
  return checked;
}

/**
 * Checks the form of a batch, and cuts it into its queries without copying. A fault of the whole is thrown; a query that
 * has no or too many rows is an error in its place.
 */
export function checkBatch(batch: QueryBatch | undefined, dim: number, limits: TensorLimits): BatchPart[] {
  const counts = batch?.rowCounts ?? [];
  if (counts.length === 0) {
    throw new ServiceError(ErrorCode.EMPTY_QUERY, "send at least one query", {
      field: "queries.row_counts",
      expected: "at least 1 query",
      got: "0",
    });
  }
  if (counts.length > limits.batchQueries) {
    throw new ServiceError(ErrorCode.LIMIT_EXCEEDED, "send fewer queries in one message", {
      field: "queries.row_counts",
      expected: `at most ${limits.batchQueries} queries`,
      got: String(counts.length),
    });
  }
  const whole = checkTensor("queries.tokens", batch?.tokens, dim);
  let sum = 0;
  for (const count of counts) {
    sum += count;
  }
  if (sum !== whole.rows) {
    throw new ServiceError(ErrorCode.SHAPE_MISMATCH, "row_counts do not add up to the tensor's rows", {
      field: "queries.row_counts",
      expected: `a sum of ${whole.rows}`,
      got: String(sum),
    });
  }
  return cut(whole, counts, dim, limits.queryTokens);
}

function cut(whole: CheckedTensor, counts: readonly number[], dim: number, maxRows: number): BatchPart[] {
  const rowBytes = dim * ELEMENT_BYTES[whole.dtype];
  let at = 0;
  return counts.map((rows) => {
    const from = at;
    at += rows * rowBytes;
    const fault = rowsFault("queries.row_counts", rows, maxRows);
    return fault ?? { field: whole.field, dtype: whole.dtype, rows, data: whole.data.subarray(from, at) };
  });
}

function rowsFault(field: string, rows: number, most: number): ServiceError | undefined {
  if (rows === 0) {
    return new ServiceError(ErrorCode.EMPTY_QUERY, "a query needs at least one token vector", {
      field,
      expected: `1 to ${most} rows`,
      got: "0",
    });
  }
  if (rows > most) {
    return new ServiceError(ErrorCode.LIMIT_EXCEEDED, "the query has too many token vectors", {
      field,
      expected: `1 to ${most} rows`,
      got: String(rows),
    });
  }
  return undefined;
}

/** Dtype, dim and byte count. */
function checkTensor(field: string, tensor: TokenTensor | undefined, dim: number): CheckedTensor {
  if (tensor === undefined) {
    throw new ServiceError(ErrorCode.EMPTY_QUERY, "the request holds no query", {
      field,
      expected: "a token tensor",
      got: "nothing",
    });
  }
  const dtype = tokenType(field, tensor.dtype);
  if (tensor.dim !== dim) {
    throw new ServiceError(ErrorCode.DIM_MISMATCH, "the query's dim differs from the index's", {
      field: `${field}.dim`,
      expected: String(dim),
      got: String(tensor.dim),
    });
  }
  // A product of uint32 numbers and at most 4: exact, as a double.
  const bytes = tensor.rows * dim * ELEMENT_BYTES[dtype];
  if (tensor.data.byteLength !== bytes) {
    throw new ServiceError(ErrorCode.SHAPE_MISMATCH, "the data is not rows * dim elements of its dtype", {
      field: `${field}.data`,
      expected: `${bytes} bytes (${tensor.rows} rows * ${dim} * ${ELEMENT_BYTES[dtype]})`,
      got: `${tensor.data.byteLength} bytes`,
    });
  }
  return { field: `${field}.data`, dtype, rows: tensor.rows, data: tensor.data };
}

function tokenType(field: string, dtype: Dtype): TokenType {
  switch (dtype) {
    case Dtype.F16:
      return "f16";
    case Dtype.F32:
      return "f32";
    default:
      throw new ServiceError(ErrorCode.INVALID_DTYPE, "the dtype is unset or unknown", {
        field: `${field}.dtype`,
        expected: "DTYPE_F16 (1) or DTYPE_F32 (2)",
        got: String(dtype),
      });
  }
}
