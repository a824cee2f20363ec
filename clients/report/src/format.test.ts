import { describe, expect, it } from "vitest";
import { formatBytes, formatCount, formatDuration, formatNumber, formatShare } from "./format.js";

describe("formatBytes takes the unit that fits", () => {
  it.each([
    [0, "0 B"],
    [1023, "1023 B"],
    [1024, "1.00 KiB"],
    [1536, "1.50 KiB"],
    [20_000_000, "19.1 MiB"],
    [2 ** 40, "1.00 TiB"],
  ])("%d is %s", (bytes, text) => expect(formatBytes(bytes)).toBe(text));
});

it("formatCount groups the digits", () => {
  expect([0, 999, 1000, 41489, 1234567.6].map(formatCount)).toEqual(["0", "999", "1,000", "41,489", "1,234,568"]);
});

describe("formatNumber keeps three significant digits and has no exponent", () => {
  it.each([
    [0, "0"],
    [1, "1.00"],
    [0.01234, "0.0123"],
    [-12.34, "-12.3"],
    [166.4, "166"],
    [1234.5, "1,235"],
    [4_067_181, "4,067,181"],
    [0.000000012, "0.0000000120"],
  ])("%d is %s", (value, text) => expect(formatNumber(value)).toBe(text));
});

describe("formatDuration takes the unit that fits", () => {
  it.each([
    [0, "0 ms"],
    [0.00042, "0.420 ms"],
    [0.0123, "12.3 ms"],
    [0.34, "0.34 s"],
    [5.61, "5.6 s"],
    [9.94, "9.9 s"],
    [78.4, "78 s"],
    [185, "3 min 05 s"],
    [7800, "2 h 10 min"],
  ])("%d is %s", (seconds, text) => expect(formatDuration(seconds)).toBe(text));
});

it("formatShare is in per cent", () => expect(formatShare(0.1234)).toBe("12.3 %"));
