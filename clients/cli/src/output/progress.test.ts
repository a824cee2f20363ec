import { PassThrough } from "node:stream";
import type { Progress } from "@maxsimd/native";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Session } from "../session.js";
import { showProgress } from "./progress.js";

const progress: Progress = {
  stage: "clustering",
  fraction: 0.25,
  overall: 0.1,
  done: 1000,
  total: 4000,
  ratePerSecond: 2000.4,
  secondsLeft: 1.5,
};

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe("progress without a terminal", () => {
  it("is a line for each stage, and one every two seconds within a stage", () => {
    const lines: string[] = [];
    const session = { err: (line) => lines.push(line), bars: undefined } as Partial<Session> as Session;
    const display = showProgress(session);
    for (let i = 0; i < 50; i++) {
      display.update({ ...progress, fraction: i / 50, done: i * 80 });
      vi.advanceTimersByTime(100);
    }
    display.update({ ...progress, stage: "graph", secondsLeft: null });
    display.stop();
    expect(lines).toEqual([
      "clustering: 0 %, 0 of 4,000, 2,000/s, 1.5 s left",
      "clustering: 40 %, 1,600 of 4,000, 2,000/s, 1.5 s left",
      "clustering: 80 %, 3,200 of 4,000, 2,000/s, 1.5 s left",
      "graph: 25 %, 1,000 of 4,000, 2,000/s",
    ]);
  });
});

describe("progress on a terminal", () => {
  it("is a bar with rate and time left", () => {
    const stream = Object.assign(new PassThrough(), {
      isTTY: true,
      columns: 120,
      cursorTo: vi.fn(),
      clearLine: vi.fn(),
    });
    const display = showProgress({ bars: stream, err: () => undefined } as Partial<Session> as Session);
    display.update(progress);
    vi.advanceTimersByTime(500);
    display.update({ ...progress, fraction: 0.5 });
    vi.advanceTimersByTime(500);
    display.stop();
    const shown = String(stream.read());
    expect(shown).toMatch(/clustering +\[=+ +\] +25 % +1,000 of 4,000, 2,000\/s, 1\.5 s left/);
    expect(shown).toContain("50 %");
  });
});
