import { ErrorCode } from "@maxsimd/proto";
import { describe, expect, it, vi } from "vitest";
import { ServiceError } from "../errors/service-error.js";
import type { Query } from "./query.js";
import { Flow, joinQueries, RunningTask } from "./task.js";

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

describe("RunningTask", () => {
  it("does not call a worker lost that has returned, while queries wait for a file to be verified", () => {
    vi.useFakeTimers();
    try {
      for (const returned of [false, true]) {
        const [flow, outcomes] = [new Flow(), [] as unknown[]];
        const asked = { deadline: Date.now() + 1000, onOutcome: (outcome: unknown) => outcomes.push(outcome) };
        let lost = 0;
        const taken = { query: asked as unknown as Query, flow, queueMicros: 0 };
        const task = new RunningTask([taken], { mostMs: 60_000, lostAfterMs: 10 }, () => lost++);
        if (returned) task.workerReturned();
        vi.advanceTimersByTime(2000);
        flow.cancel(new ServiceError(ErrorCode.CANCELLED, "gone"));
        vi.advanceTimersByTime(2000);
        expect([lost, outcomes.length]).toEqual([returned ? 0 : 1, 1]);
        task.abandon();
      }
    } finally {
      vi.useRealTimers();
    }
  });
});
