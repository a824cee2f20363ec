import { expect, it } from "vitest";
import { cut, properties, table } from "./table.js";

it("cuts text to one line of a width", () => {
  expect(cut("boundary\n layer ", 20)).toBe("boundary layer");
  expect(cut("boundary layer", 9)).toBe("boundary…");
});

it("lays out tables and properties", () => {
  const rows: [number, string][] = [
    [1, "a"],
    [10, "bb"],
  ];
  const text = table(rows, [
    ["rank", ([rank]) => `${rank}`, "number"],
    ["title", ([, title]) => title],
  ]);
  expect(text.split("\n")).toEqual(["rank  title", "   1  a", "  10  bb"]);
  expect(
    properties([
      ["dim", "128"],
      ["documents", "3"],
    ]).split("\n"),
  ).toEqual(["dim        128", "documents  3"]);
});
