import { expect, it } from "vitest";
import { Round } from "./round.js";
import { Flow } from "./task.js";

// The promise: turns go by caller and then by call, and every other one is a single call's if one waits.

function fill(round: Round, caller: string, calls: number, single = false): void {
  for (let i = 0; i < calls; i++) round.add(new Flow({ caller, single }));
}

function turns(round: Round, count: number): string[] {
  return Array.from({ length: count }, () => {
    const { caller, single } = round.turn() as Flow;
    return `${caller}${single ? " single" : ""}`;
  });
}

it("shares the turns out between callers, whatever the number of their calls", () => {
  const round = new Round();
  fill(round, "many", 1000);
  fill(round, "few", 1);
  fill(round, "two", 2);
  expect(turns(round, 6)).toEqual(["many", "few", "two", "many", "few", "two"]);
});

it("gives each call of a caller its turn", () => {
  const round = new Round();
  fill(round, "a", 3);
  expect(new Set(Array.from({ length: 3 }, () => round.turn())).size).toBe(3);
});

it("gives every other turn to a single call, and all to others if none waits", () => {
  const round = new Round();
  for (let i = 0; i < 10; i++) fill(round, `bulk ${i}`, 100);
  expect(round.turnsBeforeSingle).toBe(1);
  turns(round, 7);
  fill(round, "a", 2, true);
  fill(round, "b", 1, true);
  expect(round.turnsBeforeSingle).toBe(3 + 4);
  expect(turns(round, 9).filter((caller) => caller.endsWith("single"))).toEqual([
    "a single",
    "b single",
    "a single",
    "b single",
  ]);
});

it("forgets flows that leave, and is empty when all have left", () => {
  const round = new Round();
  fill(round, "a", 5);
  fill(round, "b", 5, true);
  expect(round.clear()).toHaveLength(10);
  expect(round.size).toBe(0);
  expect(round.turn()).toBeUndefined();
});
