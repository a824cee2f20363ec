import { expect, it } from "vitest";
import { ReturnMemory } from "./return-memory.js";

// The promise: memory is given back after a burst of calls, and not while it lasts.

const MIB = 1024 * 1024;

function setUp(): { memory: ReturnMemory; state: { calls: number; used: number; given: string[] } } {
  const state = { calls: 0, used: 60 * MIB, given: [] as string[] };
  const memory = new ReturnMemory({
    calls: () => state.calls,
    used: () => state.used,
    collect: () => state.given.push("collect"),
    trim: () => state.given.push("trim"),
  });
  memory.close();
  return { memory, state };
}

it("gives back once half of the calls have ended, collected first", () => {
  const { memory, state } = setUp();
  for (const [calls, used, given] of [
    [0, 200, 0],
    [1000, 300, 0],
    [900, 300, 0],
    [500, 300, 1],
    [400, 300, 1],
    [200, 80, 1],
    [200, 300, 2],
  ] as const) {
    Object.assign(state, { calls, used: used * MIB });
    memory.look();
    expect(state.given).toHaveLength(2 * given);
  }
  expect(state.given.slice(0, 2)).toEqual(["collect", "trim"]);
});

it("collects garbage by itself", () => {
  const garbage = new WeakRef(new ArrayBuffer(MIB));
  let used = 60 * MIB;
  let calls = 1;
  const memory = new ReturnMemory({ calls: () => calls, used: () => used, trim: () => undefined });
  memory.close();
  memory.look();
  [used, calls] = [200 * MIB, 0];
  return new Promise<void>((resolve) => {
    // A weak reference holds what it refers to until the end of the turn in which it was made.
    setImmediate(() => {
      memory.look();
      expect(garbage.deref()).toBeUndefined();
      resolve();
    });
  });
});
