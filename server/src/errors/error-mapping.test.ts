import { ErrorCode } from "@maxsimd/proto";
import { describe, expect, it } from "vitest";
import { GRPC_CODES } from "../transport/status.js";
import { toErrorDetail } from "./error-detail.js";
import { fromNative } from "./from-native.js";
import { ServiceError } from "./service-error.js";

const codes = Object.values(ErrorCode).filter((code) => typeof code === "number");

describe("the errors that clients see", () => {
  it("have a gRPC status each", () => {
    expect(codes.map((code) => GRPC_CODES[code]).every((code) => Number.isInteger(code) && code > 0)).toBe(true);
  });

  it("say nothing of a defect but that there is one; its cause is kept for the log", () => {
    const cause = new Error("/etc/secret");
    const error = ServiceError.from(cause);
    expect(error.code).toBe(ErrorCode.INTERNAL);
    expect(JSON.stringify(toErrorDetail(error))).not.toContain("secret");
    expect(error.cause).toBe(cause);
  });

  it("are those of the native engine where a request can cause them", () => {
    const parts = { message: "m", field: "f", expected: "e", got: "g" };
    expect(fromNative({ code: "NON_FINITE", ...parts })).toMatchObject({
      code: ErrorCode.NON_FINITE,
      expected: "e",
      got: "g",
    });
    expect(fromNative({ code: "MEMORY", ...parts }).code).toBe(ErrorCode.LIMIT_EXCEEDED);
    for (const code of ["IO", "CLOSED", "INTERNAL", "SOMETHING_NEW"]) {
      const error = fromNative({ code, ...parts, message: "/etc/secret" });
      expect(error.code).toBe(ErrorCode.INTERNAL);
      expect(error.message).not.toContain("secret");
    }
    expect(fromNative(new TypeError("x")).code).toBe(ErrorCode.INTERNAL);
  });

  it("are bounded, whatever the request held, and cut between code points", () => {
    const error = new ServiceError(ErrorCode.UNKNOWN_INDEX, "m", { got: "😀".repeat(10_000) });
    expect(error.got.length).toBeLessThan(260);
    expect(encodeURI(error.got)).toContain("%F0%9F%98%80");
  });
});
