import { expect, it } from "vitest";
import { type QuerySet, sliceQueries } from "../dataset/queries.js";
import { rankings } from "./rankings.js";

it("an answer is divided by query, without unfilled places", () => {
  const free = 0xffffffff;
  const docIds = Uint32Array.of(5, 3, 9, 4, free, free, free, free, free);
  const scores = Float32Array.of(3, 2, 1, 7, ...new Array<number>(5).fill(Number.NEGATIVE_INFINITY));
  expect(rankings({ docIds, scores }, 3)).toEqual([
    { docIds: Uint32Array.of(5, 3, 9), scores: Float32Array.of(3, 2, 1) },
    { docIds: Uint32Array.of(4), scores: Float32Array.of(7) },
    { docIds: new Uint32Array(0), scores: new Float32Array(0) },
  ]);
});

it("a slice of queries has their rows, and offsets from 0", () => {
  const set: QuerySet = {
    count: 3,
    dim: 2,
    rows: 6,
    tokens: Float32Array.from({ length: 12 }, (_, i) => i),
    offsets: BigUint64Array.of(0n, 1n, 4n, 6n),
  };
  expect(sliceQueries(set, 1, 3)).toEqual({
    count: 2,
    dim: 2,
    rows: 5,
    tokens: Float32Array.from({ length: 10 }, (_, i) => i + 2),
    offsets: BigUint64Array.of(0n, 3n, 5n),
  });
});
