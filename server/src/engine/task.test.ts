import { describe, expect, it } from "vitest";
import type { Query } from "./query.js";
import { joinQueries } from "./task.js";

function query(data: Uint8Array, rows: number): Query {
  return { data, rows } as Query;
}

describe("joinQueries", () => {
  it("puts queries one after another into a buffer of exactly their size, that can be transferred", () => {
    const message = new Uint8Array([9, 1, 2, 3, 9, 4, 5]);
    const { data, rowCounts } = joinQueries([query(message.subarray(1, 4), 3), query(message.subarray(5), 2)]);
    expect([...data]).toEqual([1, 2, 3, 4, 5]);
    expect([...rowCounts]).toEqual([3, 2]);
    expect(data.buffer.byteLength).toBe(5);
    expect(structuredClone(data, { transfer: [data.buffer as ArrayBuffer] })).toHaveLength(5);
    expect(data.buffer.byteLength).toBe(0);
    expect([...message]).toEqual([9, 1, 2, 3, 9, 4, 5]);
  });
});
