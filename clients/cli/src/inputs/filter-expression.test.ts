// Promise: an expression means the tree that its grammar says, and a mistake is a usage failure that points at its column.

import type { Filter, FilterValue } from "@maxsimd/client";
import { describe, expect, it } from "vitest";
import { EXIT } from "../exit-code.js";
import { failureOf } from "../failure.js";
import { parseFilter } from "./filter-expression.js";

const equals = (field: string, value: FilterValue): Filter => ({ equals: { field, value } });
const [a, b, c, d] = ["a", "b", "c", "d"].map((field) => equals(field, 1)) as [Filter, Filter, Filter, Filter];

describe("an expression", () => {
  it.each<[string, Filter]>([
    ["year = 2020", equals("year", 2020)],
    ["year == 2020", equals("year", 2020)],
    ["year != 2020", { noneOf: [equals("year", 2020)] }],
    ["year < 2020", { range: { field: "year", lt: 2020 } }],
    ["year <= 2020", { range: { field: "year", lte: 2020 } }],
    ["year > 2020", { range: { field: "year", gt: 2020 } }],
    ["year>=2020", { range: { field: "year", gte: 2020 } }],
    ['seen >= "2024-01-01T00:00:00Z"', { range: { field: "seen", gte: "2024-01-01T00:00:00Z" } }],
    ['section in ("admin", "net")', { oneOf: { field: "section", values: ["admin", "net"] } }],
    ["section Not\nIN ('x')", { noneOf: [{ oneOf: { field: "section", values: ["x"] } }] }],
    ["section not in('x')", { noneOf: [{ oneOf: { field: "section", values: ["x"] } }] }],
    ["year in (1, 2.5, true)", { oneOf: { field: "year", values: [1, 2.5, true] } }],
    ["exists(price)", { exists: { field: "price" } }],
    ["exists ( `unit price` )", { exists: { field: "unit price" } }],
    ["id = 'doc-1'", { ids: ["doc-1"] }],
    ["id != 'doc-1'", { noneOf: [{ ids: ["doc-1"] }] }],
    ['id in ("doc-1", "doc-2")', { ids: ["doc-1", "doc-2"] }],
    ['id not in ("doc-1")', { noneOf: [{ ids: ["doc-1"] }] }],
    ["`id` = 'x'", equals("id", "x")],
    ["ID = 'x'", equals("ID", "x")],
    ["ids = 'x'", equals("ids", "x")],
    ["year >= 2020 and year < 2024", { allOf: [parseFilter("year >= 2020"), parseFilter("year < 2024")] }],
    [
      'year >= 2020 and section in ("admin", "net") and not (tags = "old" or exists(price))',
      {
        allOf: [
          { range: { field: "year", gte: 2020 } },
          { oneOf: { field: "section", values: ["admin", "net"] } },
          { noneOf: [{ anyOf: [equals("tags", "old"), { exists: { field: "price" } }] }] },
        ],
      },
    ],
  ])("%s", (text, tree) => {
    expect(parseFilter(text)).toStrictEqual(tree);
  });

  it.each<[string, FilterValue]>([
    ["0", 0],
    ["-0", 0],
    ["-7", -7],
    ["007", 7],
    ["9007199254740991", 9007199254740991],
    ["9007199254740992", 9007199254740992n],
    ["-9223372036854775808", -(2n ** 63n)],
    ["0.5", 0.5],
    ["-1.25e-3", -0.00125],
    ["1E3", 1000],
    ["true", true],
    ["FALSE", false],
    [`""`, ""],
    [`"it's"`, "it's"],
    [`'say "x"'`, 'say "x"'],
    [String.raw`'it\'s'`, "it's"],
    [String.raw`"\"\\\n\r\t\u00e9\ud83d\ude00"`, '"\\\n\r\té😀'],
    [`"2 > 1 and (x"`, "2 > 1 and (x"],
    ['"größe 😀\n"', "größe 😀\n"],
  ])("reads the value %s", (text, value) => {
    expect(parseFilter(`a = ${text}`)).toStrictEqual(equals("a", value));
  });

  it.each<[string, string]>([
    ["a-b.c_1", "a-b.c_1"],
    ["größe", "größe"],
    ["3d", "3d"],
    ["nota", "nota"],
    ["android", "android"],
    ["exists-not", "exists-not"],
    ["`and`", "and"],
    ["`a b`", "a b"],
    ["`2020`", "2020"],
    ["`a\\`b\\\\`", "a`b\\"],
  ])("reads the field %s", (text, field) => {
    expect(parseFilter(`${text} = 1`)).toStrictEqual(equals(field, 1));
  });
});

describe("precedence", () => {
  it.each<[string, Filter]>([
    ["a=1 or b=1 and c=1", { anyOf: [a, { allOf: [b, c] }] }],
    ["a=1 and b=1 or c=1", { anyOf: [{ allOf: [a, b] }, c] }],
    ["a=1 and b=1 or c=1 and d=1", { anyOf: [{ allOf: [a, b] }, { allOf: [c, d] }] }],
    ["(a=1 or b=1) and c=1", { allOf: [{ anyOf: [a, b] }, c] }],
    ["not a=1 and b=1", { allOf: [{ noneOf: [a] }, b] }],
    ["not (a=1 and b=1)", { noneOf: [{ allOf: [a, b] }] }],
    ["not not a=1", { noneOf: [{ noneOf: [a] }] }],
    ["a=1 and b=1 and c=1 and d=1", { allOf: [a, b, c, d] }],
    ["a=1 or b=1 or c=1", { anyOf: [a, b, c] }],
    ["a=1 and (b=1 and c=1)", { allOf: [a, { allOf: [b, c] }] }],
    ["((a=1))", a],
    ["NOT(a=1)AND(b=1)Or(c=1)", { anyOf: [{ allOf: [{ noneOf: [a] }, b] }, c] }],
    ["\n a = 1\tand\r\n b=1 ", { allOf: [a, b] }],
  ])("%s", (text, tree) => {
    expect(parseFilter(text)).toStrictEqual(tree);
  });
});

describe("a mistake", () => {
  const condition = "a condition such as year >= 2020 or exists(price)";
  const operator = '=, !=, <, <=, >, >=, "in" or "not in"';
  const value = "text in quotes, a number, true or false";
  const next = '"and", "or" or the end of the expression';
  const end = "the end of the expression";
  it.each<[text: string, column: number, expected: string, found: string]>([
    ["", 1, condition, end],
    ["   ", 1, condition, end],
    ["a = 'old", 5, value, "a ' that is not closed"],
    [String.raw`a = "old\"`, 5, value, 'a " that is not closed'],
    ["`a = 1", 1, condition, "a ` that is not closed"],
    ["year >= ", 8, "a number, or a timestamp in quotes", end],
    ["year =", 7, value, end],
    ["a = 1 and", 10, condition, end],
    ["a = 1 or or b = 1", 10, condition, "or"],
    ["not", 4, condition, end],
    ["year", 5, operator, end],
    ["year === 3", 6, operator, "==="],
    ["year ~ 3", 6, operator, "~"],
    ["year like 'x'", 6, operator, "like"],
    ["a = 1 b = 2", 7, next, "b"],
    ["a = 1 and3d = 2", 7, next, "and3d"],
    ["a = 1 or3d = 2", 7, next, "or3d"],
    ["a in3d", 3, operator, "in3d"],
    ["a = true3", 5, value, "true3"],
    ["a = 1 && b = 2", 7, next, "&&"],
    ["a = 1)", 6, next, ")"],
    ["(a = 1", 7, '"and", "or" or ")"', end],
    ["(a = 1 b", 8, '"and", "or" or ")"', "b"],
    ["a in ()", 7, value, ")"],
    ["a in (1, )", 10, value, ")"],
    ["a in (1 2)", 9, '"," or ")"', "2"],
    ["a in 1", 6, '"("', "1"],
    ["a not = 1", 7, '"in"', "="],
    ["a = admin", 5, value, "admin"],
    ["a = 3x", 5, value, "3x"],
    ["a > true", 5, "a number, or a timestamp in quotes", "true"],
    ["2020 < a", 1, condition, "2020"],
    ["in = 1", 1, condition, "in: a field of this name goes in backticks"],
    ['"a" = 1', 1, condition, '"a": a field of this name goes in backticks'],
    ["exists a", 8, '"("', "a"],
    ["exists(id)", 8, "a field", "id: a field of this name goes in backticks"],
    ["id = 3", 6, "a document id in quotes", "3"],
    ["id < 'x'", 4, '=, !=, "in" or "not in" after id', "<"],
    [String.raw`a = "x\q"`, 7, String.raw`\n, \r, \t, \uXXXX, \\ or \ before a quote`, String.raw`\q`],
    [String.raw`a = "\u12"`, 6, String.raw`\n, \r, \t, \uXXXX, \\ or \ before a quote`, String.raw`\u`],
    ["a = 1e999", 5, "a number up to 1.8e308", "1e999"],
    ["`😀😀` ? 3", 6, operator, "?"],
  ])("%j", (text, column, expected, found) => {
    expect(messageOf(text)).toBe(
      `--filter, column ${column}: expected ${expected}, found ${found}\n  ${text.trimEnd()}\n  ${" ".repeat(column - 1)}^`,
    );
  });

  it("is shown with its own line and the tabs before it", () => {
    expect(messageOf("a = 1 and\r\n\tb ? 4\r\nor c = 1")).toBe(
      `--filter, line 2, column 4: expected ${operator}, found ?\n  \tb ? 4\n  \t  ^`,
    );
  });

  it("is shown with the 50 characters before and the 25 after it of a long line", () => {
    const message = messageOf(`${"a = 1 and ".repeat(20)}b ? ${"x".repeat(100)}`);
    expect(message.split("\n").slice(1)).toEqual([
      `  …= 1 and ${"a = 1 and ".repeat(4)}b ? ${"x".repeat(23)}…`,
      `  ${" ".repeat(51)}^`,
    ]);
  });

  it("may be the depth, beyond fifty levels", () => {
    expect(parseFilter(`${"(".repeat(50)}a=1${")".repeat(50)}`)).toEqual(a);
    expect(messageOf(`${"not ".repeat(2000)}a=1`)).toContain('expected at most 50 levels of parentheses and "not"');
  });

  function messageOf(text: string): string {
    try {
      parseFilter(text);
    } catch (error) {
      const { exitCode, message } = failureOf(error);
      expect(exitCode).toBe(EXIT.USAGE);
      return message;
    }
    throw new Error(`${text} was parsed`);
  }
});
