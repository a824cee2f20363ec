// Promise: every tree that expressions can write survives being written and parsed, whatever its names, texts and nesting.

import type { Filter, FilterValue } from "@maxsimd/client";
import { describe, expect, it } from "vitest";
import { parseFilter } from "./filter-expression.js";

/** Trees that have an expression: lists of two or more, one filter in noneOf, one bound in a range. */
describe("a random tree", () => {
  it.each(Array.from({ length: 300 }, (_, seed) => seed))(
    "is what its expression is parsed to, with seed %i",
    (seed) => {
      let state = seed;
      /** An integer below a limit (mulberry32). */
      const below = (limit: number): number => {
        state = (state + 0x6d2b79f5) >>> 0;
        let t = Math.imul(state ^ (state >>> 15), 1 | state);
        t ^= t + Math.imul(t ^ (t >>> 7), 61 | t);
        return ((t ^ (t >>> 14)) >>> 0) % limit;
      };
      const tree = randomTree(below, 4);
      const text = write(tree, below);
      expect(parseFilter(text), text).toStrictEqual(tree);
    },
  );
});

type Below = (limit: number) => number;

const oneOf = <T>(below: Below, choices: readonly T[]): T => choices[below(choices.length)] as T;
const several = <T>(below: Below, least: number, make: () => T): T[] => Array.from({ length: least + below(3) }, make);

function randomTree(below: Below, depth: number): Filter {
  const field = oneOf(below, ["year", "a-b.c", "3d", "größe", "unit price", "not", "id", "2020", "", "a`b\\"]);
  const child = () => randomTree(below, depth - 1);
  switch (below(depth === 0 ? 5 : 8)) {
    case 0:
      return { equals: { field, value: randomValue(below) } };
    case 1:
      return { oneOf: { field, values: several(below, 1, () => randomValue(below)) } };
    case 2:
      return { range: { field, [oneOf(below, ["gt", "gte", "lt", "lte"])]: randomNumber(below) } };
    case 3:
      return { exists: { field } };
    case 4:
      return { ids: several(below, 1, () => randomText(below)) };
    case 5:
      return { allOf: several(below, 2, child) };
    case 6:
      return { anyOf: several(below, 2, child) };
    default:
      return { noneOf: [child()] };
  }
}

function randomValue(below: Below): FilterValue {
  return oneOf(below, [() => below(2) === 0, () => randomText(below), () => randomNumber(below)])();
}

function randomNumber(below: Below): number | bigint {
  const sign = below(2) * 2 - 1;
  return oneOf(below, [0, sign * below(3000), (sign * below(1e6)) / 1024, sign * 1e-9, BigInt(sign) * 2n ** 62n]);
}

function randomText(below: Below): string {
  return several(below, 0, () => oneOf(below, ["x", "'", '"', "`", "\\", "\n", " and ", ")", "😀", "é", "\\n"])).join(
    "",
  );
}

/** Writes a tree with random blanks, quotes, cases and parentheses. */
function write(tree: Filter, below: Below): string {
  const gap = () => oneOf(below, ["", " ", "\n\t"]);
  const wide = () => oneOf(below, [" ", "  ", "\n"]);
  const word = (text: string) => oneOf(below, [text, text.toUpperCase(), `${text[0]?.toUpperCase()}${text.slice(1)}`]);
  const quote = (text: string, mark: string) =>
    `${mark}${text.replaceAll("\\", "\\\\").replaceAll(mark, `\\${mark}`)}${mark}`;
  const bare = (name: string) => /^(?!(not|id|2020)$)[\p{L}\d.-]+$/u.test(name) && below(2) === 0;
  const field = (name: string) => (bare(name) ? name : quote(name, "`"));
  const value = (of: FilterValue) => (typeof of === "string" ? quote(of, oneOf(below, ["'", '"'])) : word(String(of)));
  const list = (values: readonly FilterValue[]) => `${gap()}(${values.map(value).join(`${gap()},${gap()}`)}${gap()})`;
  const group = (filter: Filter) => `(${gap()}${write(filter, below)}${gap()})`;
  /** Parentheses where they are needed, and sometimes where they are not. */
  const part = (filter: Filter, loose: readonly string[]) =>
    Object.keys(filter).some((kind) => loose.includes(kind)) || below(4) === 0 ? group(filter) : write(filter, below);
  const among = (name: string, values: readonly FilterValue[]) =>
    values.length === 1 && below(2) === 0 && name === "id"
      ? `${name}${gap()}=${gap()}${value(values[0] as FilterValue)}`
      : `${name} ${word("in")}${list(values)}`;

  if ("allOf" in tree) {
    return tree.allOf.map((filter) => part(filter, ["allOf", "anyOf"])).join(`${wide()}${word("and")}${wide()}`);
  }
  if ("anyOf" in tree)
    return tree.anyOf.map((filter) => part(filter, ["anyOf"])).join(`${wide()}${word("or")}${wide()}`);
  if ("noneOf" in tree) return `${word("not")} ${part(tree.noneOf[0] as Filter, ["allOf", "anyOf"])}`;
  if ("equals" in tree) return `${field(tree.equals.field)}${wide()}=${gap()}${value(tree.equals.value)}`;
  if ("oneOf" in tree) return among(field(tree.oneOf.field), tree.oneOf.values);
  if ("exists" in tree) return `${word("exists")}${gap()}(${gap()}${field(tree.exists.field)})`;
  if ("ids" in tree) return among("id", tree.ids);
  const { field: name, ...bounds } = tree.range;
  const [[bound, limit]] = Object.entries(bounds) as [[string, FilterValue]];
  const sign = { gt: ">", gte: ">=", lt: "<", lte: "<=" }[bound];
  return `${field(name)}${gap()}${sign}${gap()}${value(limit)}`;
}
