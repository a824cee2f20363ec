// The promise: no more questions run at once than may, and each gives back its place however it ends.

import { ErrorCode } from "@maxsimd/proto";
import { expect, it } from "vitest";
import type { EngineIndex, WhyNot } from "./query.js";
import { WhyNotRunner } from "./why-not-runner.js";

const SEARCH = { data: new Uint8Array(4), dtype: "f32", params: {}, field: "query.data" } as const;

const never = new AbortController().signal;

/** An index whose answers the test gives. */
function pendingIndex() {
  const asked: { resolve: (why: WhyNot) => void; reject: (error: unknown) => void }[] = [];
  const whyNot = (): Promise<WhyNot> => new Promise((resolve, reject) => asked.push({ resolve, reject }));
  return { asked, index: { whyNot } as Partial<EngineIndex> as EngineIndex };
}

it.each([
  [1, 1],
  [2, 2],
  [16, 2],
])("with %i workers %i run at once", async (workers, most) => {
  const { asked, index } = pendingIndex();
  const runner = new WhyNotRunner(workers, 10_000);
  const running = Array.from({ length: most }, () => runner.ask(index, SEARCH, "d1", never));
  const refused = runner.ask(index, SEARCH, "d1", never);
  await expect(refused).rejects.toMatchObject({
    code: ErrorCode.OVERLOADED,
    retryAfterMs: 100,
    got: `${most} before this one`,
  });
  expect(asked).toHaveLength(most);
  for (const { resolve } of asked) resolve({ lost: "unknown" });
  expect(await Promise.all(running)).toEqual(Array(most).fill({ lost: "unknown" }));
});

it("a question that fails gives back its place, and its error is typed", async () => {
  const { asked, index } = pendingIndex();
  const runner = new WhyNotRunner(1, 10_000);
  for (const [code, expected] of [
    ["NON_FINITE", { code: ErrorCode.NON_FINITE, field: "query.data" }],
    ["INVALID_FILTER", { code: ErrorCode.INVALID_FILTER, field: "odd" }],
    ["CLOSED", { code: ErrorCode.INTERNAL }],
  ] as const) {
    const question = runner.ask(index, SEARCH, "d1", never);
    asked.pop()?.reject({ code, message: "", field: "odd", expected: "", got: "" });
    await expect(question).rejects.toMatchObject(expected);
  }
});
