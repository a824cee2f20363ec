import { Command } from "commander";
import { describe, expect, it } from "vitest";
import { addSearchOptions, searchParams } from "./search-params.js";

function parse(...args: string[]) {
  return searchParams(addSearchOptions(new Command()).exitOverride().parse(args, { from: "user" }).opts());
}

describe("search options", () => {
  it("set each parameter", () => {
    const flags = "-k 1 --k-centroids 2 --k-docs-to-score 3 --ef-search 4 --alpha 0.5 --beta 6 --lambda 0.7";
    expect(parse(...flags.split(" "))).toEqual({
      k: 1,
      kCentroids: 2,
      kDocsToScore: 3,
      efSearch: 4,
      alpha: 0.5,
      beta: 6,
      lambda: 0.7,
    });
  });

  it("leave a parameter that is not given to the index", () => {
    expect(Object.values(parse()).every((value) => value === undefined)).toBe(true);
  });

  it("read none as null, and zero as zero", () => {
    expect(parse("--alpha", "none", "--beta", "none", "--lambda", "none")).toMatchObject({
      alpha: null,
      beta: null,
      lambda: null,
    });
    expect(parse("--alpha", "0", "--lambda", "0")).toMatchObject({ alpha: 0, lambda: 0 });
  });
});
