import { expect, test } from "vitest";
import { BenchmarkRecord, type Circumstances } from "../record/record.js";
import { servingTable, stationTable } from "./tables.js";

// The promise: the tables show the figures of the record, and nothing where there is none.

test("figures of a record", () => {
  const record = new BenchmarkRecord("serving", "sample", {} as Circumstances);
  record.add("maxsimd", { way: "native" }, "rate", "1/s", 1000.4);
  record.add("maxsimd", { way: "native" }, "p50", "ms", 1.001);
  record.add("maxsimd", { way: "stream" }, "rate", "1/s", 900);
  record.add("maxsimd", { way: "stream" }, "client_cpu", "ms", 0.25);
  record.add("stream/native", {}, "rate", "", 0.9);
  record.add("maxsimd", { way: "stream", station: "hop" }, "time", "us", 41.26);
  const { rows } = servingTable([record]);
  expect(rows[0]).toEqual(["in process, one thread", "1000 /s", "1.00 ms", "", "", ""]);
  expect(rows[2]).toEqual(["stream, one worker", "900 /s", "", "0.90 of the rate", "0.25 ms", ""]);
  expect(stationTable([record]).rows).toEqual([["hop", "not measured", "41.3"]]);
});
