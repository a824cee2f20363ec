import { ErrorCode } from "@maxsimd/proto";
import { describe, expect, it } from "vitest";
import { ServiceError } from "../errors/service-error.js";
import { Admission } from "./admission.js";

const LATE = Number.POSITIVE_INFINITY;
const never = new AbortController().signal;

function refusal(admission: Admission, deadline = LATE): ServiceError | undefined {
  try {
    admission.enter(deadline);
    return undefined;
  } catch (error) {
    expect(error).toBeInstanceOf(ServiceError);
    return error as ServiceError;
  }
}

/** An admission whose queries take so long that only the minimum may wait. */
function slow(queueMin: number): Admission {
  return new Admission({ queueMs: 50, queueMin, workers: 1, serviceMicros: () => 100_000 });
}

describe("Admission", () => {
  it("admits the workers' queries and the queue's, then refuses with a hint when to come back", () => {
    const admission = slow(3);
    const refusals = [1, 2, 3, 4].map(() => refusal(admission));
    expect(refusals).toEqual([undefined, undefined, undefined, undefined]);
    const error = refusal(admission);
    expect(error?.code).toBe(ErrorCode.OVERLOADED);
    expect(error?.retryAfterMs).toBeGreaterThan(300);
    expect(error).toMatchObject({ expected: "at most 4 queries at once", got: "4 before this one" });
    admission.leave();
    expect(refusal(admission)).toBeUndefined();
  });

  it("lets more wait when queries are short: what begins within queueMs", () => {
    const admission = new Admission({ queueMs: 50, queueMin: 1, workers: 2, serviceMicros: () => 100 });
    // 100 µs each: about 500 on each of two workers within 50 ms, and the two at work.
    expect(admission.room).toBeGreaterThan(990);
    expect(admission.room).toBeLessThanOrEqual(1002);
  });

  it("says that a deadline has passed, not that it is overloaded", () => {
    const admission = new Admission({ queueMs: 50, queueMin: 4, workers: 1, serviceMicros: () => 1000 });
    expect(refusal(admission, Date.now() - 1)?.code).toBe(ErrorCode.DEADLINE_EXPIRED);
    expect(admission.pending).toBe(0);
  });

  it("refuses a query that could not begin before its deadline", () => {
    const admission = slow(3);
    expect(refusal(admission, Date.now() + 50)).toBeUndefined();
    expect(refusal(admission, Date.now() + 50)?.code).toBe(ErrorCode.OVERLOADED);
    expect(admission.pending).toBe(1);
  });

  it("leaves room for single requests however much batches and streams ask for", async () => {
    const admission = slow(7);
    await admission.enterBulk(4, never);
    let admitted = false;
    const second = admission.enterBulk(1, never).then(() => {
      admitted = true;
    });
    await Promise.resolve();
    expect(admitted).toBe(false);
    expect(refusal(admission)).toBeUndefined();
    admission.leaveBulk(1);
    await second;
    expect(admission.pending).toBe(5);
  });

  it("admits waiting batches in the order they came, and forgets one that gives up", async () => {
    const admission = slow(1);
    await admission.enterBulk(1, never);
    const order: number[] = [];
    const givesUp = new AbortController();
    const first = admission.enterBulk(1, never).then(() => order.push(1));
    const second = admission.enterBulk(1, givesUp.signal);
    const third = admission.enterBulk(1, never).then(() => order.push(3));
    givesUp.abort(new ServiceError(ErrorCode.CANCELLED, "gone"));
    await expect(second).rejects.toMatchObject({ code: ErrorCode.CANCELLED });
    admission.leaveBulk(1);
    await first;
    admission.leaveBulk(1);
    await third;
    expect(order).toEqual([1, 3]);
    admission.leaveBulk(1);
    expect(admission.pending).toBe(0);
  });

  it("admits a batch larger than its share when nothing else is in", async () => {
    const admission = slow(1);
    await admission.enterBulk(16, never);
    expect(admission.pending).toBe(16);
  });
});
