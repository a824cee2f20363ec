import { expect, it } from "vitest";
import { LimitedLog } from "./limited-log.js";

// The promise: callers cannot fill the log, and it says how much is missing.

it("writes ten lines in ten seconds, and then how many it left out", () => {
  let now = 0;
  const lines: [object, number][] = [];
  const log = new LimitedLog(
    (fields, leftOut) => lines.push([fields, leftOut]),
    () => now,
  );
  for (let i = 0; i < 25; i++) {
    log.write({ i });
  }
  expect(lines).toEqual(Array.from({ length: 10 }, (_, i) => [{ i }, 0]));
  now = 9_999;
  log.write({ i: 25 });
  expect(lines).toHaveLength(10);
  now = 10_000;
  log.write({ i: 26 });
  log.write({ i: 27 });
  expect(lines.slice(10)).toEqual([
    [{ i: 26 }, 16],
    [{ i: 27 }, 0],
  ]);
});
