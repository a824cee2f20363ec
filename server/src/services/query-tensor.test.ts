import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import {
  Dtype,
  ErrorCode,
  type QueryBatch,
  QueryBatchSchema,
  SearchRequestSchema,
  type TokenTensor,
  TokenTensorSchema,
} from "@maxsimd/proto";
import fc from "fast-check";
import { expect, it } from "vitest";
import { ServiceError } from "../errors/service-error.js";
import { type BatchPart, checkBatch, checkQuery } from "./query-tensor.js";

// The promise: a tensor in a message is what was sent, to the byte, or it is refused with the error that is documented, whatever its numbers
// and bytes are. The naive twins below say which error that is.

const DIM = 3;
const LIMITS = { queryTokens: 6, batchQueries: 4 };
const ELEMENT_BYTES: Readonly<Record<number, number>> = { [Dtype.F16]: 2, [Dtype.F32]: 4 };
const runs = { numRuns: 2000 };

const uint32 = fc.oneof(fc.nat({ max: 9 }), fc.integer({ min: 0, max: 0xffff_ffff }), fc.constant(0xffff_ffff));
const dtype = fc.oneof(fc.constantFrom(Dtype.F16, Dtype.F32), fc.integer({ min: -0x8000_0000, max: 0x7fff_ffff }));

/** Tensors whose parts agree, or nearly so, or not at all. */
const tensor = fc
  .record({
    dtype,
    dim: fc.oneof({ weight: 4, arbitrary: fc.constant(DIM) }, uint32),
    rows: uint32,
    extra: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, fc.integer({ min: -8, max: 8 })),
  })
  .chain(({ extra, ...shape }) => {
    const agreed = shape.rows * DIM * (ELEMENT_BYTES[shape.dtype] ?? 2);
    const length = Math.max(0, Math.min(agreed, 200) + extra);
    return fc
      .uint8Array({ minLength: length, maxLength: length })
      .map((data) => create(TokenTensorSchema, { ...shape, data: Uint8Array.from(data) } as never));
  });

/** The error of a tensor; 0 if there is none. */
function naiveFault({ dtype, dim, rows, data }: TokenTensor): ErrorCode | 0 {
  const bytes = ELEMENT_BYTES[dtype];
  if (bytes === undefined) return ErrorCode.INVALID_DTYPE;
  if (dim !== DIM) return ErrorCode.DIM_MISMATCH;
  return BigInt(rows) * BigInt(dim * bytes) === BigInt(data.length) ? 0 : ErrorCode.SHAPE_MISMATCH;
}

function naiveRowsFault(rows: number): ErrorCode | 0 {
  if (rows === 0) return ErrorCode.EMPTY_QUERY;
  return rows > LIMITS.queryTokens ? ErrorCode.LIMIT_EXCEEDED : 0;
}

/** The code of an error, which has to say what was expected and what was found. */
function codeOf(error: unknown): ErrorCode {
  if (!(error instanceof ServiceError)) throw error;
  expect([error.field, error.expected, error.got, error.message]).not.toContain("");
  return error.code;
}

/** The code that `check` throws, or its result. */
function outcome<T>(check: () => T): T | ErrorCode {
  try {
    return check();
  } catch (error) {
    return codeOf(error);
  }
}

function expectQuery(sent: TokenTensor): void {
  const expected = naiveFault(sent) || naiveRowsFault(sent.rows);
  const got = outcome(() => checkQuery(sent, DIM, LIMITS));
  if (expected !== 0) {
    expect(got).toBe(expected);
    return;
  }
  expect(got).toMatchObject({ dtype: sent.dtype === Dtype.F16 ? "f16" : "f32", rows: sent.rows });
  expect(Buffer.compare((got as { data: Uint8Array }).data, sent.data)).toBe(0);
}

it("a query goes through a message unchanged, or is refused as documented", () => {
  fc.assert(
    fc.property(tensor, (query) => {
      const bytes = toBinary(SearchRequestSchema, create(SearchRequestSchema, { query }));
      const received = fromBinary(SearchRequestSchema, bytes).query as TokenTensor;
      expect([received.dtype, received.dim, received.rows]).toEqual([query.dtype, query.dim, query.rows]);
      expect(Buffer.compare(received.data, query.data)).toBe(0);
      expectQuery(received);
    }),
    runs,
  );
});

it("whatever bytes a message is made of, what parses is checked in the same way", () => {
  const damaged = fc.tuple(tensor, fc.array(fc.tuple(fc.nat(400), fc.nat(255)), { maxLength: 4 }), fc.nat(400));
  let parsed = 0;
  fc.assert(
    fc.property(damaged, ([query, changes, length]) => {
      const bytes = toBinary(TokenTensorSchema, query).slice(0, length);
      for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value;
      let received: TokenTensor;
      try {
        received = fromBinary(TokenTensorSchema, bytes);
      } catch {
        // The transport answers a message that does not parse; see message-decoder.test.ts.
        return;
      }
      parsed += 1;
      expectQuery(received);
    }),
    runs,
  );
  expect(parsed).toBeGreaterThan(100);
});

it("a batch is cut into its queries without a gap, and each fault is in its place", () => {
  const counts = fc.array(fc.oneof({ weight: 5, arbitrary: fc.nat({ max: 8 }) }, uint32), { maxLength: 6 });
  const batch = fc.tuple(counts, tensor, fc.boolean()).map(([rowCounts, tokens, agree]) => {
    // Otherwise hardly any sum would be that of the tensor.
    const rows = rowCounts.reduce((sum, count) => sum + count, 0);
    const isSmall = agree && rows <= 40 && ELEMENT_BYTES[tokens.dtype] !== undefined;
    const length = isSmall ? rows * DIM * (ELEMENT_BYTES[tokens.dtype] ?? 0) : 0;
    const data = Uint8Array.from({ length }, (_, i) => i % 251);
    return create(QueryBatchSchema, { rowCounts, tokens: isSmall ? { ...tokens, dim: DIM, rows, data } : tokens });
  });
  let cut = 0;
  fc.assert(
    fc.property(batch, (sent) => {
      const received = fromBinary(QueryBatchSchema, toBinary(QueryBatchSchema, sent));
      const got = outcome(() => checkBatch(received, DIM, LIMITS));
      const fault = naiveBatchFault(received);
      if (fault !== 0) {
        expect(got).toBe(fault);
        return;
      }
      cut += 1;
      expectParts(got as BatchPart[], received);
    }),
    runs,
  );
  expect(cut).toBeGreaterThan(100);
});

/** The error of a whole batch; 0 if there is none. */
function naiveBatchFault({ rowCounts, tokens }: QueryBatch): ErrorCode | 0 {
  if (rowCounts.length === 0) {
    return ErrorCode.EMPTY_QUERY;
  }
  if (rowCounts.length > LIMITS.batchQueries) {
    return ErrorCode.LIMIT_EXCEEDED;
  }
  const sum = rowCounts.reduce((all, count) => all + BigInt(count), 0n);
  const { rows } = tokens as TokenTensor;
  return naiveFault(tokens as TokenTensor) || (sum === BigInt(rows) ? 0 : ErrorCode.SHAPE_MISMATCH);
}

function expectParts(parts: readonly BatchPart[], { rowCounts, tokens }: QueryBatch): void {
  const { data, dtype } = tokens as TokenTensor;
  expect(parts).toHaveLength(rowCounts.length);
  let at = 0;
  for (const [i, part] of parts.entries()) {
    const rows = rowCounts[i] as number;
    const expected = data.subarray(at, at + rows * DIM * (ELEMENT_BYTES[dtype] ?? 0));
    at += expected.length;
    if (part instanceof ServiceError) {
      expect(codeOf(part)).toBe(naiveRowsFault(rows));
    } else {
      expect([part.rows, naiveRowsFault(rows)]).toEqual([rows, 0]);
      expect(Buffer.compare(part.data, expected)).toBe(0);
    }
  }
}
