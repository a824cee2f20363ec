import { expect, it } from "vitest";
import { ReceiveBudget, type Reservation, Share } from "./receive-budget.js";

// The promise: memory for messages is bounded in each share, is given in order, and all of it comes back.

const all = (): Share => new Share(100);

it("gives memory at once while there is room, and then in order, past those whose own share is full", () => {
  const budget = new ReceiveBudget();
  const [server, a, b] = [all(), new Share(60), new Share(60)];
  const granted: string[] = [];
  const ask = (name: string, own: Share, bytes: number): Reservation =>
    budget.reserve([own, server], bytes, () => granted.push(name));
  const first = ask("a1", a, 50);
  expect(first.granted).toBe(true);
  const waiting = ask("a2", a, 20);
  expect(waiting.granted).toBe(false);
  expect(ask("b1", b, 30).granted).toBe(true);
  // It would fit, but a larger one of the same share waits.
  expect(ask("a3", a, 5).granted).toBe(false);
  expect([server.used, a.used, b.used, budget.waiting]).toEqual([80, 50, 30, 2]);

  first.shrink(40);
  expect(granted).toEqual(["a2"]);
  first.release();
  first.release();
  expect(granted).toEqual(["a2", "a3"]);
  expect([server.used, a.used, b.used, budget.waiting]).toEqual([55, 25, 30, 0]);
});

it("lets a message in that is larger than its share if there is no other", () => {
  const budget = new ReceiveBudget();
  const share = new Share(10);
  expect(budget.reserve([share], 1000, () => undefined).granted).toBe(true);
  expect(budget.reserve([share], 1, () => undefined).granted).toBe(false);
});

it("gives nothing to one that stopped waiting", () => {
  const budget = new ReceiveBudget();
  const share = new Share(10);
  const first = budget.reserve([share], 10, () => undefined);
  let granted = 0;
  const second = budget.reserve([share], 5, () => granted++);
  second.release();
  first.release();
  expect([granted, share.used, budget.waiting]).toEqual([0, 0, 0]);
});
