import { expect, it } from "vitest";
import { Fifo } from "./queues.js";

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
