import { describe, expect, it } from "vitest";
import { formatNumber, formatSeconds, formatShare } from "./format-number.js";

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

describe("formatSeconds takes the unit that fits", () => {
  it.each([
    [0.00042, "0.420 ms"],
    [0.0123, "12.3 ms"],
    [0.34, "0.34 s"],
    [5.61, "5.6 s"],
    [78.4, "78 s"],
    [125, "2 min 05 s"],
  ])("%d is %s", (seconds, text) => expect(formatSeconds(seconds).replaceAll("\u00a0", " ")).toBe(text));
});

it("formatShare is in per cent", () => expect(formatShare(0.1234)).toBe("12.3\u00a0%"));
