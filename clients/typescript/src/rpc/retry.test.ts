import { readFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { MaxsimRpcError } from "../errors/maxsim-rpc-error.js";
import { DEFAULT_MAX_ATTEMPTS } from "../options.js";
import { backoff, isTransient, withRetries } from "./retry.js";

const unavailable = new MaxsimRpcError({ code: "UNAVAILABLE", message: "gone" });
const overloaded = new MaxsimRpcError({ code: "OVERLOADED", message: "at capacity", retryAfterMs: 60_000 });

describe("withRetries", () => {
  it("ends the wait between attempts when the signal aborts", async () => {
    const controller = new AbortController();
    let attempts = 0;
    const outcome = withRetries(
      () => {
        attempts += 1;
        return Promise.reject(overloaded);
      },
      { maxAttempts: 9, deadline: Number.POSITIVE_INFINITY, signal: controller.signal },
    );
    setImmediate(() => controller.abort("no longer wanted"));
    await expect(outcome).rejects.toMatchObject({ code: "CANCELLED", cause: "no longer wanted" });
    expect(attempts).toBe(1);
  });

  it("makes no attempt for a signal that is aborted already", async () => {
    const attempt = vi.fn();
    const policy = { maxAttempts: 9, deadline: Number.POSITIVE_INFINITY, signal: AbortSignal.abort() };
    await expect(withRetries(attempt, policy)).rejects.toMatchObject({ code: "CANCELLED" });
    expect(attempt).not.toHaveBeenCalled();
  });

  it("passes on errors that are not errors of a call", async () => {
    const defect = new TypeError("a defect");
    const attempt = vi.fn(() => Promise.reject(defect));
    await expect(withRetries(attempt, { maxAttempts: 9, deadline: Number.POSITIVE_INFINITY })).rejects.toBe(defect);
    expect(attempt).toHaveBeenCalledTimes(1);
  });
});

describe("backoff", () => {
  beforeEach(() => {
    vi.spyOn(Math, "random");
  });
  afterEach(() => {
    vi.restoreAllMocks();
  });

  it("doubles up to a second, and half of it is random", () => {
    vi.mocked(Math.random).mockReturnValue(1);
    expect([1, 2, 3, 4, 5, 6, 7].map((attempt) => backoff(attempt, unavailable))).toEqual([
      50, 100, 200, 400, 800, 1000, 1000,
    ]);
    vi.mocked(Math.random).mockReturnValue(0);
    expect([1, 2, 7].map((attempt) => backoff(attempt, unavailable))).toEqual([25, 50, 500]);
  });

  it("is what README.md and options.ts say of the default number of attempts", () => {
    const bounds = (attempt: number) =>
      [0, 1].map((random) => {
        vi.mocked(Math.random).mockReturnValue(random);
        return backoff(attempt, unavailable).toLocaleString("en");
      });
    const waits = Array.from({ length: DEFAULT_MAX_ATTEMPTS - 1 }, (_, i) => bounds(i + 1).join(" to "));
    const sentence = `${waits.slice(0, -1).join(", ")} and ${waits.at(-1)} ms`;
    const text = (path: string) => readFileSync(new URL(path, import.meta.url), "utf8").replaceAll(/\s+/g, " ");
    expect(text("../../README.md")).toContain(`waits between them are ${sentence}`);
    expect(text("../../README.md")).toContain(`grow to ${bounds(99).join(" to ")} ms`);
    expect(text("../options.ts")).toContain(`waits of ${sentence}`);
  });

  it("is never shorter than what the server asks", () => {
    expect(backoff(1, overloaded)).toBe(60_000);
  });
});

describe("isTransient", () => {
  it("is an error that another attempt may avoid", () => {
    const transient = ["UNAVAILABLE", "OVERLOADED", "SHUTTING_DOWN"] as const;
    const lasting = ["CANCELLED", "DEADLINE_EXPIRED", "LIMIT_EXCEEDED", "INTERNAL", "DIM_MISMATCH"] as const;
    for (const code of transient) expect(isTransient(new MaxsimRpcError({ code, message: "" }))).toBe(true);
    for (const code of lasting) expect(isTransient(new MaxsimRpcError({ code, message: "" }))).toBe(false);
  });
});
