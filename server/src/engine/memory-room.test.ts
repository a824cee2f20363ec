import { totalmem } from "node:os";
import { ErrorCode } from "@maxsimd/proto";
import { describe, expect, it } from "vitest";
import { ServiceError } from "../errors/service-error.js";
import { MemoryRoom } from "./memory-room.js";

const INDEX = { documents: 90, deleted: 10, centroids: 20 };
/** Of INDEX, for two workers. */
const NEED = 2 * 12 * (100 + 20);

function refusal(room: MemoryRoom, index = INDEX): ServiceError | undefined {
  try {
    room.check(index, 2);
    return undefined;
  } catch (error) {
    return error as ServiceError;
  }
}

describe("the memory for searches", () => {
  it("is enough up to the last byte, and one byte less is refused with both numbers", () => {
    let used = 1000;
    const room = new MemoryRoom(1000 + NEED, () => used);
    expect(refusal(room)).toBeUndefined();
    used += 1;
    const error = refusal(room);
    expect(error).toBeInstanceOf(ServiceError);
    expect(error?.code).toBe(ErrorCode.LIMIT_EXCEEDED);
    expect(error).toMatchObject({
      field: "index",
      expected: `at most ${NEED - 1} bytes, which are left of ${1000 + NEED}`,
      got: `${NEED} bytes for 2 workers to search 100 documents`,
    });
  });

  it("is 0 when more is used than there may be", () => {
    expect(refusal(new MemoryRoom(1000, () => 5000))?.expected).toBe("at most 0 bytes, which are left of 1000");
  });

  it("is the machine's, or its cgroup's, by default", () => {
    const huge = { documents: Math.ceil(totalmem() / 12), deleted: 0, centroids: 0 };
    expect(refusal(new MemoryRoom(0, () => 0), huge)?.code).toBe(ErrorCode.LIMIT_EXCEEDED);
    expect(refusal(new MemoryRoom(0, () => 0))).toBeUndefined();
  });

  it("is not looked at where nobody knows what is used", () => {
    expect(refusal(new MemoryRoom(1, () => undefined))).toBeUndefined();
  });
});
