import { MaxsimRpcError } from "@maxsimd/client";
import { MaxsimError } from "@maxsimd/native";
import { describe, expect, it } from "vitest";
import { EXIT } from "./exit-code.js";
import { CommandFailure, failureOf } from "./failure.js";

describe("failureOf", () => {
  it.each([
    ["INVALID_PARAMETER", EXIT.USAGE],
    ["UNKNOWN_INDEX", EXIT.NOT_FOUND],
    ["UNKNOWN_VERSION", EXIT.NOT_FOUND],
    ["OVERLOADED", EXIT.UNAVAILABLE],
    ["SHUTTING_DOWN", EXIT.UNAVAILABLE],
    ["DEADLINE_EXPIRED", EXIT.UNAVAILABLE],
    ["INDEX_CORRUPT", EXIT.BAD_DATA],
    ["INDEX_FORMAT", EXIT.BAD_DATA],
    ["DIM_MISMATCH", EXIT.BAD_DATA],
    ["UNAUTHENTICATED", EXIT.NOT_ALLOWED],
    ["PERMISSION_DENIED", EXIT.NOT_ALLOWED],
    ["CANCELLED", EXIT.INTERRUPTED],
    ["VERSION_IN_USE", EXIT.FAILURE],
    ["INTERNAL", EXIT.FAILURE],
  ] as const)("gives %s its exit code", (code, exitCode) => {
    const error = new MaxsimRpcError({ code, message: "why" });
    expect(failureOf(error)).toEqual({ exitCode, code, message: "why" });
  });

  it("adds what was expected and found, unless the message has it", () => {
    const init = { code: "DIM_MISMATCH", expected: "128", got: "96" } as const;
    const complete = new MaxsimRpcError({ ...init, message: "the index has dim 128, the query 96" });
    expect(failureOf(complete).message).toBe("the index has dim 128, the query 96");
    const terse = new MaxsimRpcError({ ...init, message: "wrong dim" });
    expect(failureOf(terse).message).toBe("wrong dim (expected 128, got 96)");
  });

  it("says of a change against an old version that the command is to be run again", () => {
    const message = "the change was made against version v1, but v1.1 is current; make it again from that";
    expect(failureOf(new MaxsimError({ code: "CONFLICT", message, expected: "v1.1", got: "v1" }))).toEqual({
      ...{ exitCode: EXIT.FAILURE, code: "CONFLICT" },
      message:
        "the change was made against version v1, but v1.1 is current; run the command again against that version",
    });
  });

  it("describes the command's own failures, those of the file system, and everything else", () => {
    expect(failureOf(new CommandFailure(EXIT.USAGE, "no"))).toEqual({ exitCode: 2, code: "USAGE", message: "no" });
    expect(failureOf(Object.assign(new Error("gone"), { code: "ENOENT" })).exitCode).toBe(EXIT.NOT_FOUND);
    expect(failureOf("text")).toEqual({ exitCode: 1, code: "INTERNAL", message: "text" });
  });
});
