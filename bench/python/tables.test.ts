import { expect, test } from "vitest";
import { BenchmarkRecord, type Circumstances } from "../record/record.js";
import { corpusTable, freshTable } from "./tables.js";

// The promise: the tables of clients/python show the figures of the records, and nothing where there is none.

test("figures of records", () => {
  const corpus = new BenchmarkRecord("python", "corpus", {} as Circumstances);
  const parameters = { dtype: "float32", tokens: 4000000, dim: 128 };
  corpus.add("plain", parameters, "rate", "MB/s", 100);
  corpus.add("maxsimd", parameters, "rate", "MB/s", 90);
  corpus.add("maxsimd/plain", parameters, "rate", "", 0.9);
  corpus.add("maxsimd", parameters, "peak_rss", "MB", 65);
  corpus.add("", parameters, "load", "", 1.2);
  expect(corpusTable([corpus]).rows).toEqual([["float32", "4,000,000", "100 MB/s", "90 MB/s", "0.90", "65 MB", "1.2"]]);
  const fresh = new BenchmarkRecord("python", "sample", {} as Circumstances);
  fresh.add("maxsimd", { step: "first_search" }, "time", "s", 1.26);
  expect(freshTable([fresh]).rows.map(([, time]) => time)).toEqual(["", "", "", "", "", "1.3 s", ""]);
});
