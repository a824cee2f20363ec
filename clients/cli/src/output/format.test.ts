import { expect, it } from "vitest";
import { cut, formatBytes, formatCount, formatDuration } from "./format.js";
import { properties, table } from "./table.js";

it("shows bytes in the unit that fits", () => {
  expect([0, 1023, 1024, 1536, 20_000_000, 2 ** 40].map(formatBytes)).toEqual([
    "0 B",
    "1023 B",
    "1.00 KiB",
    "1.50 KiB",
    "19.1 MiB",
    "1.00 TiB",
  ]);
});

it("groups the digits of counts", () => {
  expect([0, 999, 1000, 41489, 1234567.6].map(formatCount)).toEqual(["0", "999", "1,000", "41,489", "1,234,568"]);
});

it("shows durations as people say them", () => {
  expect([0.04, 9.94, 59, 185, 7800].map(formatDuration)).toEqual([
    "0.0 s",
    "9.9 s",
    "59 s",
    "3 min 05 s",
    "2 h 10 min",
  ]);
});

it("cuts text to one line of a width", () => {
  expect(cut("boundary\n layer ", 20)).toBe("boundary layer");
  expect(cut("boundary layer", 9)).toBe("boundary…");
});

it("lays out tables and properties", () => {
  const text = table(
    [{ title: "rank", numeric: true }, { title: "title" }],
    [
      ["1", "a"],
      ["10", "bb"],
    ],
  );
  expect(text.split("\n")).toEqual(["rank  title", "   1  a", "  10  bb"]);
  expect(
    properties([
      ["dim", "128"],
      ["documents", "3"],
    ]).split("\n"),
  ).toEqual(["dim        128", "documents  3"]);
});
