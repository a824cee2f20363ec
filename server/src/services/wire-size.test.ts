// The promise: the size that responses are packed by is the size that is sent.

import { create, type JsonObject, type JsonValue, toBinary } from "@bufbuild/protobuf";
import { HitsSchema } from "@maxsimd/proto";
import { expect, it } from "vitest";
import { FIXED } from "../config/limits.js";
import { framed, structBytes } from "./wire-size.js";

const encoded = (...fields: JsonObject[]): number => toBinary(HitsSchema, create(HitsSchema, { fields })).byteLength;

it.each<[string, JsonObject]>([
  ["nothing", {}],
  ["each kind of value", { a: 1, b: -0.5, c: true, d: null, e: "", f: "é€😀", g: [], h: {}, i: false, j: 0 }],
  ["nested lists and objects", { a: [1, ["x", { b: { c: [[], [null]] } }]], d: { e: {}, "": "" } }],
  [
    "lengths of one, two and three bytes",
    { a: "x".repeat(118), b: "x".repeat(119), c: "y".repeat(16_400), [`k${"n".repeat(200)}`]: 1 },
  ],
  ["a name that objects inherit", JSON.parse('{"__proto__": "x", "constructor": {"__proto__": 1}}') as JsonObject],
])("of %s", (_name, record) => {
  expect(framed(structBytes(record) ?? Number.NaN)).toBe(encoded(record));
});

it("is not given for fields that peers could not read", () => {
  const nested = (levels: number, wrap: (inner: JsonValue) => JsonValue): JsonObject => {
    let inner: JsonValue = 1;
    for (let level = 1; level < levels; level++) {
      inner = wrap(inner);
    }
    return { a: inner };
  };
  const shapes: ((inner: JsonValue) => JsonValue)[] = [(inner) => [inner], (a) => ({ a })];
  for (const wrap of shapes) {
    expect(structBytes(nested(FIXED.fieldDepth, wrap))).toBeGreaterThan(0);
    expect(structBytes(nested(FIXED.fieldDepth + 1, wrap))).toBeUndefined();
  }
});
