import { create, type JsonObject } from "@bufbuild/protobuf";
import { HitsSchema } from "@maxsimd/proto";
import { expect, it } from "vitest";
import { MaxsimRpcError } from "../errors/maxsim-rpc-error.js";
import { Answered, Failed, indexVersionOf } from "../search/results.js";
import { Backlog, Fifo, READ_AHEAD_BYTES } from "./queues.js";

it("does what an array's push, shift and unshift do, in any order of calls", () => {
  const fifo = new Fifo<number>();
  const array: number[] = [];
  let seed = 7;
  const random = (below: number) => {
    seed = (seed * 1103515245 + 12345) % 2 ** 31;
    return Math.floor((seed / 2 ** 31) * below);
  };
  for (let step = 0; step < 20_000; step++) {
    const act = random(10);
    if (act < 4) {
      fifo.push(step);
      array.push(step);
    } else if (act < 9) {
      expect(fifo.shift()).toBe(array.shift());
    } else {
      const items = Array.from({ length: random(4) }, (_, i) => -step - i);
      fifo.unshift(items);
      array.unshift(...items);
    }
    expect(fifo.length).toBe(array.length);
    expect(fifo.peek()).toBe(array[0]);
  }
  fifo.clear();
  expect([fifo.length, fifo.shift(), fifo.peek()]).toEqual([0, undefined, undefined]);
});

it.each<[string, { ids?: string[]; fields?: JsonObject[] }]>([
  ["ids", { ids: ["x".repeat(READ_AHEAD_BYTES / 4)] }],
  ["texts in fields", { fields: [{ list: ["x".repeat(READ_AHEAD_BYTES / 4)] }] }],
  ["names of fields", { fields: [{ ["x".repeat(READ_AHEAD_BYTES / 4)]: 1 }] }],
  ["numbers in fields", { fields: [{ list: Array(READ_AHEAD_BYTES / 32).fill(1) }] }],
])("a backlog is crowded by %s, too, until they are taken", (_name, more) => {
  const backlog = new Backlog<number>();
  const hits = create(HitsSchema, { docIds: [1], scores: [1], ...more });
  for (let id = 0; id < 4; id++) {
    expect(backlog.crowded).toBe(false);
    backlog.push(new Answered(id, hits, indexVersionOf(undefined)));
  }
  expect(backlog.crowded).toBe(true);
  backlog.shift();
  expect(backlog.crowded).toBe(false);
  backlog.push(new Failed(5, new MaxsimRpcError({ code: "INTERNAL", message: "failed" })));
  backlog.push(new Answered(6, hits, indexVersionOf(undefined)));
  expect(backlog.crowded).toBe(true);
  backlog.clear();
  backlog.push(new Answered(7, hits, indexVersionOf(undefined)));
  expect(backlog.crowded).toBe(false);
});
