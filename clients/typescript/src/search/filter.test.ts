// Promise: the builder makes the documented plain objects, values arrive exact, and a misspelt name or a value of another type
// does not compile. Each @ts-expect-error below fails the type check if its line compiles.

import { describe, expect, it } from "vitest";
import { MaxsimRpcError } from "../errors/maxsim-rpc-error.js";
import { type AttributeType, and, attributes, type Filter, ids, not, or } from "./filter.js";

const f = attributes({
  section: "keyword",
  tags: "keywords",
  year: "integer",
  price: "float",
  open: "boolean",
  seen: "timestamp",
} as const);

describe("attributes", () => {
  const noon = new Date(Date.UTC(2024, 1, 29, 12));
  it.each<[string, Filter, Filter]>([
    ["keyword equals", f.section.equals("net"), { equals: { field: "section", value: "net" } }],
    ["keyword oneOf", f.section.oneOf("admin", "net"), { oneOf: { field: "section", values: ["admin", "net"] } }],
    ["keywords has", f.tags.has("x"), { equals: { field: "tags", value: "x" } }],
    ["keywords hasAnyOf", f.tags.hasAnyOf("x", "y"), { oneOf: { field: "tags", values: ["x", "y"] } }],
    ["integer equals", f.year.equals(2020), { equals: { field: "year", value: 2020 } }],
    ["integer oneOf", f.year.oneOf(2020, 2n ** 60n), { oneOf: { field: "year", values: [2020, 2n ** 60n] } }],
    ["integer gt", f.year.gt(2020), { range: { field: "year", gt: 2020 } }],
    ["integer gte", f.year.gte(2020), { range: { field: "year", gte: 2020 } }],
    ["integer lt", f.year.lt(-1), { range: { field: "year", lt: -1 } }],
    ["integer lte", f.year.lte(2n ** 53n + 1n), { range: { field: "year", lte: 9007199254740993n } }],
    ["float range", f.price.range({ gt: 0.5, lte: 1e300 }), { range: { field: "price", gt: 0.5, lte: 1e300 } }],
    ["boolean equals", f.open.equals(false), { equals: { field: "open", value: false } }],
    ["Date", f.seen.lt(noon), { range: { field: "seen", lt: "2024-02-29T12:00:00.000Z" } }],
    ["Dates", f.seen.oneOf(noon), { oneOf: { field: "seen", values: ["2024-02-29T12:00:00.000Z"] } }],
    ["timestamp text", f.seen.gte("2024-02-29T12:00:00.123456Z"), at("2024-02-29T12:00:00.123456Z")],
    ...["section", "tags", "year", "price", "open", "seen"].map((field): [string, Filter, Filter] => [
      `${field} exists`,
      f[field as keyof typeof f].exists(),
      { exists: { field } },
    ]),
  ])("%s", (_name, built, expected) => {
    expect(built).toStrictEqual(expected);
  });

  function at(gte: string): Filter {
    return { range: { field: "seen", gte } };
  }

  it("leave out a bound that is undefined", () => {
    expect(f.year.range({ gte: 2020, lt: undefined })).toStrictEqual({ range: { field: "year", gte: 2020 } });
  });

  it("may have any name", () => {
    const odd = attributes({ "unit price": "float", constructor: "integer" });
    expect(odd["unit price"].gt(1)).toEqual({ range: { field: "unit price", gt: 1 } });
    expect(odd.constructor.lt(1)).toEqual({ range: { field: "constructor", lt: 1 } });
  });

  it("have no conditions at run time that their types lack", () => {
    const names = Object.fromEntries(Object.entries(f).map(([field, conditions]) => [field, Object.keys(conditions)]));
    const order = ["equals", "oneOf", "exists", "range", "gt", "gte", "lt", "lte"];
    expect(names).toEqual({
      section: ["equals", "oneOf", "exists"],
      tags: ["has", "hasAnyOf", "exists"],
      year: order,
      price: order,
      open: ["equals", "exists"],
      seen: order,
    });
  });
});

describe("and, or, not, ids", () => {
  it("make a tree of the filters as they are given", () => {
    const built = and(f.year.gte(2020), or(f.tags.has("x"), not(f.open.equals(true))), ids("a", "b"));
    expect(built).toStrictEqual({
      allOf: [
        { range: { field: "year", gte: 2020 } },
        {
          anyOf: [{ equals: { field: "tags", value: "x" } }, { noneOf: [{ equals: { field: "open", value: true } }] }],
        },
        { ids: ["a", "b"] },
      ],
    });
  });

  it("may be empty", () => {
    expect([and(), or(), ids()]).toStrictEqual([{ allOf: [] }, { anyOf: [] }, { ids: [] }]);
  });
});

describe("values that cannot be exact", () => {
  it.each<[string, () => unknown, string, string]>([
    ["a fraction", () => f.year.gte(2020.5), "year", "2020.5"],
    ["a rounded integer", () => f.year.equals(2 ** 53), "year", "9007199254740992: give it as a bigint"],
    ["NaN among integers", () => f.year.oneOf(1, Number.NaN), "year", "NaN"],
    ["an invalid Date", () => f.seen.lt(new Date("x")), "seen", "an invalid date"],
    ["a Date with a year of five digits", () => f.seen.lt(new Date(Date.UTC(10_000, 0))), "seen", "+010000-01-01"],
    ["an unknown type", () => attributes({ year: "int" as AttributeType }), "year", "got int"],
  ])("%s is refused", (_name, build, field, reason) => {
    expect(build).toThrow(MaxsimRpcError);
    expect(build).toThrow(expect.objectContaining({ code: "INVALID_PARAMETER", field }));
    expect(build).toThrow(reason);
  });
});

describe("the types", () => {
  const mistakes = (): unknown[] => [
    // @ts-expect-error: no such attribute
    f.yeer.gte(2020),
    // @ts-expect-error: text for an integer
    f.year.gte("x"),
    // @ts-expect-error: a Date for an integer
    f.year.range({ gte: new Date() }),
    // @ts-expect-error: no such bound
    f.year.range({ above: 2020 }),
    // @ts-expect-error: keywords have no ranges
    f.section.gte("a"),
    // @ts-expect-error: a number for a keyword
    f.section.oneOf("admin", 3),
    // @ts-expect-error: a list of keywords has or lacks a keyword
    f.tags.equals("x"),
    // @ts-expect-error: lists of keywords have no ranges
    f.tags.lt("x"),
    // @ts-expect-error: a bigint for a float
    f.price.lt(3n),
    // @ts-expect-error: text for a boolean
    f.open.equals("true"),
    // @ts-expect-error: booleans have no ranges
    f.open.gt(false),
    // @ts-expect-error: milliseconds for a timestamp
    f.seen.lt(1_700_000_000_000),
    // @ts-expect-error: no such type
    attributes({ year: "int" }),
    // @ts-expect-error: an attribute is not a filter
    and(f.year),
    // @ts-expect-error: a number for an id
    ids(7),
    // @ts-expect-error: a filter is one condition with a known name
    and({ equal: { field: "year", value: 2020 } }),
  ];

  it("refuse mistakes in the type check, so that nothing runs here", () => {
    expect(mistakes).toBeTypeOf("function");
  });
});
