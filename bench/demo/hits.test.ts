import { expect, it } from "vitest";
import { showHits } from "./hits.js";

// The promise: a hit is one line of the terminal's width, and shows what the document has and nothing else.

const lines = (columns: number, ...fields: Record<string, string | number | string[]>[]) =>
  showHits(
    fields.map((one, docId) => ({ docId, id: String(10 + docId), score: 12.3456, fields: one })),
    columns,
  ).split("\n");

it("shows id, title, author, year and score", () => {
  expect(lines(70, { title: "the impact tube", author: "brenckman,m.", year: 1958 })).toEqual([
    "  1. 10   the impact tube              brenckman,m.       1958  12.346",
  ]);
});

it.each([60, 80, 100, 233])("fills %d columns, whatever the document has", (columns) => {
  const long = { title: "t".repeat(300), author: "a".repeat(300), year: 1958 };
  const shown = lines(columns, long, {}, { ...long, author: ["a".repeat(300), "b"] }, { title: "t", author: "a" });
  expect(shown.map((line) => line.length)).toEqual(shown.map(() => columns));
});

it("marks what it cuts", () => {
  expect(
    lines(60, { title: "the theory of the impact tube at low pressure", author: "rensselaer polytechnic" }),
  ).toEqual(["  1. 10   the theory of the… rensselaer polyte…       12.346"]);
});

it("names the first of several authors, and counts the others", () => {
  const [line] = lines(100, { title: "t", author: ["ferri, a.", "zakkay, v.", "ting, l."] });
  expect(line).toMatch(/^ {2}1\. 10 {3}t +ferri, a\. \+ 2 +12\.346$/);
  const [cut] = lines(100, { title: "t", author: ["rensselaer polytechnic", "b", "c"] });
  expect(cut).toMatch(/ rensselaer po… \+ 2 +12\.346$/);
});

it("leaves out what a document does not have", () => {
  expect(lines(60, {})[0]).toMatch(/^ {2}1\. 10 {3}\(no title\) +12\.346$/);
});
