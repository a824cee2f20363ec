import { ErrorCode } from "@maxsimd/proto";
import { describe, expect, it } from "vitest";
import { fromNative } from "./from-native.js";
import { ServiceError } from "./service-error.js";
import { StartError } from "./start-error.js";
import { systemFault } from "./system-fault.js";

const readOnly = Object.assign(new Error("EROFS: read-only file system, open '/data/books/current'"), {
  code: "EROFS",
});

// The promise: what the operating system refuses reaches the user as one sentence that says how to fix it, without the path on
// the server's disk, and the log as it was.

describe("systemFault", () => {
  it("names the fault of Node's errors, of native ones and of grpc-js's texts", () => {
    expect(systemFault(readOnly)?.name).toBe("EROFS");
    expect(systemFault(new Error("/a.maxsim: cannot open: Permission denied (os error 13)"))?.name).toBe("EACCES");
    const bind =
      "No address added out of total 1 resolved errors: [listen EADDRINUSE: address already in use 127.0.0.1:1]";
    expect(systemFault(new Error(bind))?.name).toBe("EADDRINUSE");
  });

  it("is undefined for defects", () => {
    for (const thrown of [new Error("boom"), new TypeError("constructor"), undefined, "ENOENT"]) {
      expect(systemFault(thrown)).toBeUndefined();
    }
  });
});

describe("a refusal of the system", () => {
  it("becomes a sentence for a client, with the cause for the log", () => {
    const error = ServiceError.from(readOnly, "the catalog cannot store which version of books is current");
    expect(error.code).toBe(ErrorCode.INTERNAL);
    expect(error.message).toBe(
      "the catalog cannot store which version of books is current: the file system is read-only; mount it writable",
    );
    expect(error.cause).toBe(readOnly);
  });

  it("of an index file becomes a sentence without its path", () => {
    const message = "/data/a.maxsim: cannot open: Permission denied (os error 13)";
    const parts = { code: "IO", field: "open", expected: "", got: "Permission denied (os error 13)" };
    const error = fromNative(Object.assign(new Error(message), parts));
    expect(error.message).toBe("the index file: permission denied; give the user that runs the server access to it");
    const failure = StartError.from("a.maxsim", error);
    expect([failure.code, failure.message]).toEqual([
      "EACCES",
      "a.maxsim: permission denied; give the user that runs the server access to it",
    ]);
  });
});
