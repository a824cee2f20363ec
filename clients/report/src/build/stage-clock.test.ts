import { expect, it } from "vitest";
import { StageClock } from "./stage-clock.js";

it("a stage lasts from its first report to the first report of the next; the first stage starts with the clock", () => {
  let now = 1000;
  const clock = new StageClock(() => now);
  const at = (milliseconds: number, stage: string) => {
    now = milliseconds;
    clock.enter(stage);
  };
  at(1500, "check");
  at(1900, "check");
  at(2000, "train");
  at(5000, "write");
  now = 5250;
  expect(clock.stop()).toBe(4.25);
  expect(["check", "train", "write", "link"].map((stage) => clock.secondsOf(stage))).toEqual([1, 3, 0.25, 0]);
});

it("work without a report has a duration, too", () => {
  let now = 0;
  const clock = new StageClock(() => now);
  now = 500;
  expect(clock.stop()).toBe(0.5);
});
