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

/** An admission of single requests of so many milliseconds each, one worker and a queue of 50 ms. */
function singles(serviceMs: number, workers = 1): Admission {
  const admission: Admission = new Admission({
    queueMs: 50,
    workers,
    serviceMicros: () => serviceMs * 1000,
    turnsBefore: () => admission.pending,
  });
  return admission;
}

/** How many single requests are admitted before one is refused. */
function admitted(admission: Admission): number {
  let count = 0;
  while (refusal(admission) === undefined) count++;
  return count;
}

describe("Admission", () => {
  it.each([
    [0.1, 1, 501],
    [3, 1, 17],
    [3, 4, 67],
    [10, 1, 6],
    [49, 1, 2],
  ])("admits queries of %d ms with %i workers while the wait is at most 50 ms", (serviceMs, workers, most) => {
    expect(admitted(singles(serviceMs, workers))).toBe(most);
  });

  it("refuses with a hint when to come back, and admits again when there is room", () => {
    const admission = singles(10);
    expect(admitted(admission)).toBe(6);
    expect(refusal(admission)).toMatchObject({
      code: ErrorCode.OVERLOADED,
      retryAfterMs: 60,
      expected: "a wait of at most 50 ms",
      got: "60 ms",
    });
    admission.leave();
    expect(refusal(admission)).toBeUndefined();
  });

  it("admits one request for each worker however long queries take", () => {
    expect(admitted(singles(1000, 1))).toBe(1);
    expect(admitted(singles(1000, 3))).toBe(3);
  });

  it("says that a deadline has passed, not that it is overloaded", () => {
    const admission = singles(1);
    expect(refusal(admission, Date.now() - 1)?.code).toBe(ErrorCode.DEADLINE_EXPIRED);
    expect(admission.pending).toBe(0);
  });

  it("refuses a query that could not begin before its deadline", () => {
    const admission = singles(100);
    expect(refusal(admission, Date.now() + 50)).toBeUndefined();
    expect(refusal(admission, Date.now() + 50)?.code).toBe(ErrorCode.OVERLOADED);
    expect(admission.pending).toBe(1);
  });

  it("counts a batch as one turn, so that single requests are admitted beside it, and bounds it itself", async () => {
    let calls = 0;
    const admission: Admission = new Admission({
      queueMs: 50,
      workers: 1,
      serviceMicros: () => 10_000,
      // One query of the batch, and the single requests.
      turnsBefore: () => 1 + calls,
    });
    expect(admission.bulkRoom).toBe(3);
    await admission.enterBulk(3, never);
    let second = false;
    const waiting = admission.enterBulk(1, never).then(() => {
      second = true;
    });
    await Promise.resolve();
    expect(second).toBe(false);
    while (refusal(admission) === undefined) calls++;
    expect(calls).toBe(5);
    admission.leaveBulk(1);
    await waiting;
    expect(admission.pending).toBe(8);
  });

  it("lets batches keep every worker busy where one query takes longer than the queue", () => {
    expect(singles(1000, 4).bulkRoom).toBe(4);
  });

  it("admits waiting batches in the order they came, and forgets one that gives up", async () => {
    const admission = singles(100);
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

  it("admits waiting batches of callers in turn, whatever the number of each", async () => {
    const admission = singles(100);
    await admission.enterBulk(1, never, "a");
    const order: string[] = [];
    const wait = (name: string): Promise<number> => admission.enterBulk(1, never, name[0]).then(() => order.push(name));
    const waiting = ["a1", "a2", "a3", "b1", "c1", "b2"].map(wait);
    for (const done of [0, 3, 4, 1, 5, 2]) {
      admission.leaveBulk(1);
      await waiting[done];
    }
    expect(order).toEqual(["a1", "b1", "c1", "a2", "b2", "a3"]);
    admission.leaveBulk(1);
    expect(admission.pending).toBe(0);
  });

  it("admits a batch larger than its share when nothing else is in", async () => {
    const admission = singles(100);
    await admission.enterBulk(16, never);
    expect(admission.pending).toBe(16);
  });
});
