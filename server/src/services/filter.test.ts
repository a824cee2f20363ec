// The promise: a filter of the wire becomes the text that the engine reads, with the same values; what is missing in it is named by
// its path, and what is too large is refused before it is evaluated.

import { create, fromBinary, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { ErrorCode, FilterSchema } from "@maxsimd/proto";
import { describe, expect, it } from "vitest";
import { limitsSchema } from "../config/limits.js";
import { filterText } from "./filter.js";

type Init = MessageInitShape<typeof FilterSchema>;
type Condition = NonNullable<Init["condition"]>;

const limits = limitsSchema.parse({});
const filter = (condition: Condition): Init => ({ condition });
const text = (value: string) => ({ value: { case: "text", value } as const });
const integer = (value: bigint) => ({ value: { case: "integer", value } as const });
const number = (value: number) => ({ value: { case: "number", value } as const });
const exists = filter({ case: "exists", value: { field: "a" } });
const all = (...filters: Init[]): Init => filter({ case: "allOf", value: { filters } });

function written(init: Init, changed: Partial<typeof limits> = {}): string | undefined {
  return filterText(create(FilterSchema, init), { ...limits, ...changed });
}

describe("filterText", () => {
  it.each<[Condition, string]>([
    [
      { case: "equals", value: { field: 'a"\n', value: text("é\u2028") } },
      '{"equals":{"field":"a\\"\\n","value":"é\u2028"}}',
    ],
    [
      { case: "equals", value: { field: "a", value: { value: { case: "boolean", value: false } } } },
      '{"equals":{"field":"a","value":false}}',
    ],
    [
      { case: "oneOf", value: { field: "a", values: [integer(2n ** 63n - 1n), integer(-(2n ** 63n)), integer(0n)] } },
      '{"oneOf":{"field":"a","values":[9223372036854775807,-9223372036854775808,0]}}',
    ],
    // A number stays a number, which an attribute of integers refuses.
    [
      { case: "oneOf", value: { field: "a", values: [5, -0, 0.1, 1e20, 1e21, 5e-324].map(number) } },
      '{"oneOf":{"field":"a","values":[5.0,0.0,0.1,100000000000000000000.0,1e+21,5e-324]}}',
    ],
    [
      { case: "range", value: { field: "a", gt: text("b"), lte: integer(1n) } },
      '{"range":{"field":"a","gt":"b","lte":1}}',
    ],
    [
      { case: "range", value: { field: "a", gte: number(1.5), lt: number(2) } },
      '{"range":{"field":"a","gte":1.5,"lt":2.0}}',
    ],
    [{ case: "exists", value: { field: "a" } }, '{"exists":{"field":"a"}}'],
    [{ case: "ids", value: { ids: ["x", '"'] } }, '{"ids":["x","\\""]}'],
    [{ case: "anyOf", value: { filters: [] } }, '{"anyOf":[]}'],
    [{ case: "noneOf", value: { filters: [exists, all()] } }, '{"noneOf":[{"exists":{"field":"a"}},{"allOf":[]}]}'],
  ])("%# has the values of the message", (condition, expected) => {
    expect(written(filter(condition))).toBe(expected);
  });

  it("is undefined for all documents", () => {
    expect([filterText(undefined, limits), written({})]).toEqual([undefined, undefined]);
  });

  it.each<[Init, string, string]>([
    [all(exists, {}), "filter.all_of[1]", "a condition that this server knows"],
    [
      all(filter({ case: "noneOf", value: { filters: [filter({ case: "equals", value: { value: text("x") } })] } })),
      "filter.all_of[0].none_of[0].equals.field",
      "the name of an attribute",
    ],
    [
      filter({ case: "equals", value: { field: "a" } }),
      "filter.equals.value",
      "text, an integer, a number or a boolean",
    ],
    [filter({ case: "oneOf", value: { field: "a", values: [text("x"), {}] } }), "filter.one_of.values[1]", "text,"],
    [filter({ case: "range", value: { field: "a", lt: {} } }), "filter.range.lt", "text,"],
    [
      filter({ case: "range", value: { field: "a", lt: number(Number.NaN) } }),
      "filter.range.lt.number",
      "a finite number",
    ],
    [filter({ case: "exists", value: {} }), "filter.exists.field", "the name of an attribute"],
  ])("%# names the part that is missing", (init, field, expected) => {
    const fault = { code: ErrorCode.INVALID_FILTER, field, expected: expect.stringContaining(expected) };
    expect(() => written(init)).toThrow(expect.objectContaining(fault));
  });

  it("refuses a condition of a newer contract, which it must not ignore", () => {
    const newer = Buffer.concat([Buffer.from([0x9a, 0x06, 2, 8, 1]), toBinary(FilterSchema, create(FilterSchema))]);
    const received = fromBinary(FilterSchema, newer);
    expect(received.condition.case).toBeUndefined();
    expect(() => filterText(received, limits)).toThrow(
      expect.objectContaining({ code: ErrorCode.INVALID_FILTER, field: "filter" }),
    );
  });

  it("holds levels, conditions and values to their limits", () => {
    let deep = exists;
    for (let level = 1; level < 32; level++) {
      deep = all(deep);
    }
    const values = (count: number) => new Array(count).fill(text("x"));
    const ids = (count: number): Init => filter({ case: "ids", value: { ids: new Array(count).fill("x") } });
    expect(written(deep)).toMatch(/^(\{"allOf":\[){31}\{/);
    expect(written(all(...new Array(999).fill(exists)))).toBeDefined();
    expect(written(all(ids(9_997), filter({ case: "oneOf", value: { field: "a", values: values(3) } })))).toBeDefined();
    const over: [Init, string][] = [
      [all(deep), "at most 32 levels"],
      [all(...new Array(1_000).fill(exists)), "at most 1000 conditions"],
      [
        all(ids(9_997), filter({ case: "oneOf", value: { field: "a", values: values(4) } })),
        "at most 10000 values and ids",
      ],
      [
        all(ids(10_000), filter({ case: "range", value: { field: "a", gt: text("x") } })),
        "at most 10000 values and ids",
      ],
    ];
    for (const [init, expected] of over) {
      const fault = { code: ErrorCode.LIMIT_EXCEEDED, field: "filter", expected };
      expect(() => written(init)).toThrow(expect.objectContaining(fault));
    }
    expect(() => written(all(exists), { filterConditions: 1 })).toThrow();
  });
});
