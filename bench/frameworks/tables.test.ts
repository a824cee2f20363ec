import { expect, test } from "vitest";
import { BenchmarkRecord, type Circumstances } from "../record/record.js";
import { pylateTable, recipesTable } from "./tables.js";

// The promise: the tables of clients/python show the figures of the records, and nothing where there is none.

test("indexes behind PyLate's retriever", () => {
  const record = new BenchmarkRecord("pylate", "cranfield", {} as Circumstances);
  record.add("exact", {}, "ndcg@10", "", 0.3819);
  record.add("maxsimd", {}, "score_error", "", 0.0123);
  record.add("maxsimd", { calls: "alone" }, "query_time", "ms", 2.04, 1.96, 3);
  const [exact, tachiom, maxsimd] = pylateTable([record]).rows;
  expect(exact).toEqual(["exact MaxSim", "", "", "0.3819", "", "", "", ""]);
  expect(tachiom?.slice(1).join("")).toBe("");
  expect(maxsimd?.slice(4)).toEqual(["1.23 %", "", "2.0 ms (2.0 to 3.0)", ""]);
});

test("recipes with their packages", () => {
  const record = new BenchmarkRecord("recipes", "readme", {} as Circumstances);
  for (const recipe of ["Haystack", "Sentence_Transformers"]) {
    record.add("", { recipe, package: "torch", version: "2.11.0" }, "installed", "", 1);
    record.add("", { recipe, package: recipe.toLowerCase(), version: "1.0" }, "installed", "", 1);
    record.add("maxsimd", { recipe }, "passed", "", recipe === "Haystack" ? 0 : 1);
    record.add("maxsimd", { recipe }, "lines", "", 9);
    record.add("maxsimd", { recipe }, "time", "s", 1.26);
  }
  expect(recipesTable([record]).rows).toEqual([
    ["Haystack", "torch 2.11.0, haystack 1.0", "9", "failed", "1.3 s"],
    ["Sentence Transformers", "torch 2.11.0, sentence_transformers 1.0", "9", "passed", "1.3 s"],
  ]);
});
