import { expect, test } from "vitest";
import { BenchmarkRecord, type Circumstances } from "../record/record.js";
import { changeTable, filterTable, segmentTable } from "./tables.js";

// The promise: the tables show the figures of the record, and nothing where there is no figure.

test("figures of a record", () => {
  const record = new BenchmarkRecord("collection", "cranfield", {} as Circumstances);
  record.add("maxsimd", { segments: 7 }, "same ids and scores", "", 1);
  record.add("maxsimd", { segments: 7 }, "recall@10", "", 0.96131);
  record.add("maxsimd", { segments: 7 }, "p50", "ms", 2.005);
  record.add("maxsimd", { segments: 7 }, "p50 ratio", "", 1.061);
  record.add("maxsimd", { segments: 50 }, "same ids and scores", "", 0);
  record.add("maxsimd", {}, "upsert", "1/s", 1172.4);
  record.add("maxsimd", {}, "rollback", "ms", 8.04, 7, 9.06);
  record.add("maxsimd", {}, "rerank ratio", "", 0.765);
  record.add("maxsimd", { percent: 10 }, "documents", "", 142);
  record.add("maxsimd", { percent: 10 }, "exhausted", "", 0.5);
  const segments = segmentTable([record]).rows;
  expect(segments[2]).toEqual(["7", "the same to the bit", "0.9613", "2.00 ms", "1.06"]);
  expect(segments[3]).toEqual(["50", "other", "", "", ""]);
  const changes = changeTable([record]).rows;
  expect(changes[0]).toEqual(["all documents upserted at once", "1172 documents per second"]);
  expect(changes.at(-2)).toEqual(["rollback", "8.0 ms (7.0 to 9.1)"]);
  expect(changes.at(-1)?.[1]).toBe("0.77 of its time");
  expect(filterTable([record]).rows[2]).toEqual(["142", "10 %", "", "", "50 %"]);
});
