import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { MaxsimRpcError } from "../errors/maxsim-rpc-error.js";
import { ResumePolicy } from "./resume-policy.js";

const lost = new MaxsimRpcError({ code: "UNAVAILABLE", message: "gone" });
const never = Number.POSITIVE_INFINITY;

beforeEach(() => {
  vi.useFakeTimers({ now: 1_000_000 });
  vi.spyOn(Math, "random").mockReturnValue(1);
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

describe("ResumePolicy", () => {
  it("limits the number of attempts before the first answer, not the time", () => {
    const policy = new ResumePolicy({ maxAttempts: 3, resumeForMs: 10, deadline: never });
    expect(policy.afterLoss(lost)).toEqual({ wait: 50, until: never });
    expect(policy.afterLoss(lost).wait).toBe(100);
    expect(() => policy.afterLoss(lost)).toThrow(lost);
  });

  it("limits the time since the loss after an answer, not the number of attempts", () => {
    const policy = new ResumePolicy({ maxAttempts: 1, resumeForMs: 5_000, deadline: never });
    policy.sawAnswer();
    for (let i = 0; i < 5; i++) expect(policy.afterLoss(lost).until).toBe(1_005_000);
    vi.advanceTimersByTime(4_500);
    expect(() => policy.afterLoss(lost)).toThrow(lost); // the next wait of 1 s would end past it
  });

  it("starts again with each answer", () => {
    const policy = new ResumePolicy({ maxAttempts: 1, resumeForMs: 5_000, deadline: never });
    policy.sawAnswer();
    policy.afterLoss(lost);
    vi.advanceTimersByTime(60_000);
    policy.sawAnswer();
    expect(policy.afterLoss(lost)).toEqual({ wait: 50, until: 1_065_000 });
  });

  it("never goes past the stream's deadline", () => {
    const policy = new ResumePolicy({ maxAttempts: 9, resumeForMs: 5_000, deadline: 1_000_120 });
    policy.sawAnswer();
    expect(policy.afterLoss(lost)).toEqual({ wait: 50, until: 1_000_120 });
    vi.advanceTimersByTime(50);
    expect(() => policy.afterLoss(lost)).toThrow(lost);
  });
});
