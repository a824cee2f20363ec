import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { SearchParamsSchema } from "@maxsimd/proto";
import { describe, expect, it } from "vitest";
import { decodeParams, encodeParams, mergeParams, type SearchParams } from "./search-params.js";

const overTheWire = (params: SearchParams) => {
  const message = encodeParams(params) ?? create(SearchParamsSchema);
  return decodeParams(fromBinary(SearchParamsSchema, toBinary(SearchParamsSchema, message)));
};

describe("search parameters", () => {
  it("arrive as they were given; unset differs from zero", () => {
    const params = { k: 5, kCentroids: 7, kDocsToScore: 9, efSearch: 11, alpha: 0.45, beta: 13, lambda: 0 };
    expect(overTheWire(params)).toEqual(params);
    expect(overTheWire({ alpha: 0 })).toEqual({ alpha: 0, beta: null, lambda: null });
  });

  it("send a null alpha as infinity, and a null beta or lambda as unset", () => {
    expect(encodeParams({ alpha: null, beta: null, lambda: null })).toEqual(
      create(SearchParamsSchema, { alpha: Number.POSITIVE_INFINITY }),
    );
    expect(overTheWire({ alpha: null }).alpha).toBeNull();
  });

  it("have no message when they set nothing", () => {
    expect(encodeParams(undefined)).toBeUndefined();
    expect(encodeParams({ k: undefined, beta: null })).toBeUndefined();
  });

  it.each([
    [{ k: -1 }, "k", "-1"],
    [{ kDocsToScore: 2 ** 32 }, "k_docs_to_score", "4294967296"],
    [{ efSearch: "30" as never }, "ef_search", "30"],
    [{ alpha: Number.NaN }, "alpha", "NaN"],
    [{ lambda: "x" as never }, "lambda", "x"],
  ])("%j cannot be sent", (params, field, got) => {
    expect(() => encodeParams(params)).toThrow(expect.objectContaining({ code: "INVALID_PARAMETER", field, got }));
  });

  it("are not checked for their range, which the server does", () => {
    expect(encodeParams({ k: 0, alpha: -1 })).toMatchObject({ k: 0, alpha: -1 });
  });

  it("are merged: undefined keeps a value, null turns it off", () => {
    expect(mergeParams({ k: 3, beta: 5, alpha: 0.2 }, { k: undefined, beta: null, alpha: 0.3 })).toEqual({
      k: 3,
      beta: null,
      alpha: 0.3,
    });
    expect(mergeParams(undefined, { k: 1 })).toEqual({ k: 1 });
    expect(mergeParams({ k: 1 }, undefined)).toEqual({ k: 1 });
  });
});
