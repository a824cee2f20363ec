import { ErrorCode } from "@maxsimd/proto";
import { describe, expect, it } from "vitest";
import { parseGrpcTimeout } from "./grpc-timeout.js";

describe("parseGrpcTimeout", () => {
  it.each([
    ["10S", 10_000],
    ["1H", 3_600_000],
    ["2M", 120_000],
    ["250m", 250],
    ["1500u", 1],
    ["0n", 0],
    ["0S", 0],
  ])("reads %s", (text, milliseconds) => {
    expect(parseGrpcTimeout(text)).toBe(milliseconds);
  });

  it.each(["597H", "2147484S", "99999999H"])(
    "keeps %s within what a timer holds, instead of wrapping to the past",
    (text) => {
      expect(parseGrpcTimeout(text)).toBe(2_147_483_647);
    },
  );

  it.each(["-5S", "1e9S", "123456789S", "5", "S", "", "5s", " 5S"])("returns a typed error for %j", (text) => {
    const error = { code: ErrorCode.INVALID_PARAMETER, field: "grpc-timeout", got: text };
    expect(parseGrpcTimeout(text)).toMatchObject(error);
  });
});
