// Promise: a filter arrives as it was written, with exact values; what the wire cannot hold, or a server would have to guess, is
// refused with its path.

import { fromBinary, toBinary, toJson } from "@bufbuild/protobuf";
import { FilterSchema } from "@maxsimd/proto";
import { describe, expect, it } from "vitest";
import type { Filter, FilterValue } from "./filter.js";
import { encodeFilter } from "./filter-message.js";

/** What a server reads, in protobuf's JSON, where an int64 is text. */
const received = (filter: Filter) => {
  const message = fromBinary(FilterSchema, toBinary(FilterSchema, encodeFilter(filter)));
  return toJson(FilterSchema, message);
};
const equals = (value: FilterValue): Filter => ({ equals: { field: "a", value } });

describe("a filter on the wire", () => {
  it("has the conditions of the tree", () => {
    const tree: Filter = {
      allOf: [
        { anyOf: [{ exists: { field: "a" } }, { ids: ["x", "y"] }] },
        { noneOf: [{ oneOf: { field: "b", values: ["c", 1, true] } }] },
        { range: { field: "d", gt: undefined, gte: 0.5, lt: "2026-01-31T12:00:00Z" } },
        { anyOf: [] },
      ],
    };
    expect(received(tree)).toEqual({
      allOf: {
        filters: [
          { anyOf: { filters: [{ exists: { field: "a" } }, { ids: { ids: ["x", "y"] } }] } },
          {
            noneOf: {
              filters: [{ oneOf: { field: "b", values: [{ text: "c" }, { integer: "1" }, { boolean: true }] } }],
            },
          },
          { range: { field: "d", gte: { number: 0.5 }, lt: { text: "2026-01-31T12:00:00Z" } } },
          { anyOf: {} },
        ],
      },
    });
  });

  it.each<[FilterValue, object]>([
    ["", { text: "" }],
    [0, { integer: "0" }],
    [-0, { integer: "0" }],
    [-7, { integer: "-7" }],
    [2 ** 53, { integer: "9007199254740992" }],
    [-(2 ** 63), { integer: "-9223372036854775808" }],
    [2 ** 63, { number: 2 ** 63 }],
    [1e300, { number: 1e300 }],
    [0.1, { number: 0.1 }],
    [9007199254740993n, { integer: "9007199254740993" }],
    [2n ** 63n - 1n, { integer: "9223372036854775807" }],
    [false, { boolean: false }],
  ])("%# has the exact value", (value, expected) => {
    expect(received(equals(value))).toEqual({ equals: { field: "a", value: expected } });
  });
});

describe("a filter that is refused", () => {
  const wrong = (filter: unknown): Filter => filter as Filter;
  it.each<[Filter, string, string]>([
    [equals(2n ** 63n), "filter.equals.value", "9223372036854775808"],
    [equals(-(2n ** 63n) - 1n), "filter.equals.value", "-9223372036854775809"],
    [
      { allOf: [{ ids: [] }, { oneOf: { field: "a", values: [1, 2n ** 64n] } }] },
      "filter.all_of[1].one_of.values[1]",
      "18446744073709551616",
    ],
    [{ range: { field: "a", lte: 2n ** 64n } }, "filter.range.lte", "18446744073709551616"],
    [wrong({ range: { field: "a", above: 1 } }), "filter.range", "above"],
    [wrong(equals(new Date(0) as never)), "filter.equals.value", "object"],
    [wrong(equals(null as never)), "filter.equals.value", "null"],
    [wrong({ every: [] }), "filter", "every"],
    [wrong({}), "filter", "nothing"],
    [wrong({ ids: ["a"], exists: { field: "a" } }), "filter", "ids, exists"],
    [wrong({ noneOf: [null] }), "filter.none_of[0]", "nothing"],
  ])("%# names its part", (filter, field, got) => {
    expect(() => encodeFilter(filter)).toThrow(expect.objectContaining({ code: "INVALID_PARAMETER", field, got }));
  });

  it("may be nested too deeply for any server", () => {
    let deep: Filter = { ids: [] };
    for (let level = 1; level < 40; level++) deep = { noneOf: [deep] };
    expect(encodeFilter(deep).condition.case).toBe("noneOf");
    expect(() => encodeFilter({ noneOf: [deep] })).toThrow(expect.objectContaining({ code: "LIMIT_EXCEEDED" }));
  });
});
