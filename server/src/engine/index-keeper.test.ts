import type { IndexCondition } from "@maxsimd/native";
import { ErrorCode } from "@maxsimd/proto";
import { expect, it } from "vitest";
import { isIndexChanged } from "../errors/from-native.js";
import { ServiceError } from "../errors/service-error.js";
import { IndexKeeper } from "./index-keeper.js";

// The promise: an index whose files are not what they were answers nothing until they are verified; one that is damaged is out of service
// for good; and whatever leaves the bytes alone is only a pause.

const parts = { message: "", field: "", expected: "", got: "" };
const fault = (code: string) => ({ code, ...parts });
const CHANGED = fault("INDEX_CHANGED");
const CORRUPT = fault("INDEX_CORRUPT");
const LONG_MS = 60_000;

/** An index whose verifications end as the test says. */
function setUp(holdMs = LONG_MS) {
  const rechecks: { resolve: () => void; reject: (error: unknown) => void }[] = [];
  const causes: (ServiceError | undefined)[] = [];
  let onRecheck: () => void = () => undefined;
  let onService: () => void = () => undefined;
  const index = {
    id: 1,
    state: "intact" as IndexCondition,
    verified: 0,
    condition: async () => index.state,
    recheck: () =>
      new Promise<void>((resolve, reject) => {
        rechecks.push({ resolve, reject });
        onRecheck();
      }),
    verify: async () => {
      index.verified++;
      throw CORRUPT;
    },
  };
  const keeper = new IndexKeeper(index, holdMs, (cause) => {
    causes.push(cause);
    onService();
  });
  const nextRecheck = () => new Promise<void>((resolve) => (onRecheck = resolve));
  const nextService = () => new Promise<void>((resolve) => (onService = resolve));
  return { index, keeper, rechecks, causes, nextRecheck, nextService };
}

it("calls wait while a changed file is verified, and are made again", async () => {
  const { keeper, rechecks, causes } = setUp();
  let calls = 0;
  const answer = keeper.ask(() => {
    calls++;
    if (calls < 3) throw CHANGED;
    return "answer";
  });
  expect([keeper.inService, rechecks.length]).toEqual([true, 1]);
  rechecks[0]?.resolve();
  await expect.poll(() => rechecks.length).toBe(2);
  rechecks[1]?.resolve();
  expect(await answer).toBe("answer");
  expect(causes).toEqual([]);
});

it("a file that changes while it is verified is verified again", async () => {
  const { keeper, rechecks, nextRecheck } = setUp();
  keeper.failure(CHANGED);
  const trusted = keeper.untilTrusted();
  for (let i = 0; i < 3; i++) {
    const next = nextRecheck();
    rechecks[i]?.reject(CHANGED);
    await next;
  }
  rechecks[3]?.resolve();
  await trusted;
});

it("who waits is refused when the bytes are wrong, and so is everybody after", async () => {
  const { keeper, rechecks, causes, index } = setUp();
  const answer = keeper.ask(() => {
    throw CHANGED;
  });
  rechecks[0]?.reject(CORRUPT);
  await expect(answer).rejects.toMatchObject({ code: ErrorCode.INDEX_CORRUPT });
  expect([keeper.inService, causes.length, causes[0]?.code]).toEqual([false, 1, ErrorCode.INDEX_CORRUPT]);
  await expect(keeper.untilTrusted()).rejects.toBe(keeper.outOfService);
  // For good: nothing looks at it any more, and its errors change nothing.
  index.state = "intact";
  await keeper.look();
  keeper.failure(CORRUPT);
  keeper.failure(CHANGED);
  expect([keeper.inService, causes.length, rechecks.length]).toEqual([false, 1, 1]);
});

it("a verification that takes too long puts it out of service until it ends", async () => {
  const { keeper, rechecks, causes, nextService } = setUp(1);
  expect(isIndexChanged(keeper.failure(CHANGED))).toBe(true);
  await expect(keeper.untilTrusted()).rejects.toMatchObject({ code: ErrorCode.INDEX_CORRUPT });
  // Not an error after which a caller should try again.
  expect(isIndexChanged(keeper.failure(CHANGED))).toBe(false);
  expect([keeper.inService, causes.length, rechecks.length]).toEqual([false, 1, 1]);
  const back = nextService();
  rechecks[0]?.resolve();
  await back;
  await keeper.untilTrusted();
  expect([keeper.inService, causes.length, causes[1]]).toEqual([true, 2, undefined]);
});

it("a look finds what no query has met, and a file with another number of names is verified while it answers", async () => {
  const { keeper, rechecks, causes, index } = setUp();
  index.state = "relinked";
  const look = keeper.look();
  await expect.poll(() => rechecks.length).toBe(1);
  // A look that takes long is not joined by others.
  await keeper.look();
  await keeper.untilTrusted();
  rechecks[0]?.resolve();
  await look;
  expect([keeper.inService, rechecks.length]).toEqual([true, 1]);
  index.state = "changed";
  await keeper.look();
  rechecks[1]?.reject(CORRUPT);
  await expect(keeper.untilTrusted()).rejects.toMatchObject({ code: ErrorCode.INDEX_CORRUPT });
  expect(causes).toHaveLength(1);
});

it("a defect of native code makes it verify all bytes, once a minute at most", async () => {
  const { keeper, index, nextService } = setUp();
  const out = nextService();
  expect(keeper.failure(fault("INTERNAL")).code).toBe(ErrorCode.INTERNAL);
  keeper.failure(fault("INTERNAL"));
  await out;
  expect([keeper.inService, index.verified]).toEqual([false, 1]);
});

it.each([
  [4, true],
  [5, false],
])("a verification that panics is made again: after %i panics it is in service: %s", async (panics, inService) => {
  const { keeper, index, nextService } = setUp();
  let verified: () => void = () => undefined;
  const ended = new Promise<void>((resolve) => (verified = resolve));
  index.verify = async () => {
    index.verified++;
    if (index.verified <= panics) throw fault("INTERNAL");
    return verified() as never;
  };
  const out = nextService();
  keeper.failure(fault("INTERNAL"));
  await (inService ? ended : out);
  expect([keeper.inService, index.verified]).toEqual([inService, 5]);
  expect(keeper.outOfService?.message ?? "").toMatch(inService ? /^$/ : /cannot be verified/);
});

it("errors of the request leave it alone", async () => {
  const { keeper, rechecks, index } = setUp();
  const own = new ServiceError(ErrorCode.LIMIT_EXCEEDED, "too large");
  await expect(keeper.ask(() => Promise.reject(own))).rejects.toBe(own);
  expect(() =>
    keeper.read(() => {
      throw fault("INVALID_FILTER");
    }),
  ).toThrow(expect.objectContaining({ code: ErrorCode.INVALID_FILTER }));
  expect([keeper.inService, rechecks.length, index.verified]).toEqual([true, 0, 0]);
});

it("a verification that is stopped because the index is closed puts nothing out of service", async () => {
  const { keeper, rechecks, causes, index } = setUp();
  keeper.failure(CHANGED);
  keeper.close();
  rechecks[0]?.reject(fault("CANCELLED"));
  await keeper.untilTrusted();
  index.state = "changed";
  await keeper.look();
  expect([rechecks.length, causes]).toEqual([1, []]);
});
