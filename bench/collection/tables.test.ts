import { expect, test } from "vitest";
import { BenchmarkRecord, type Circumstances } from "../record/record.js";
import { changeTable, filterTable, reasonTable, segmentTable } from "./tables.js";

// The promise: the tables show the figures of the record, and nothing where there is no figure.

test("figures of a record", () => {
  const record = new BenchmarkRecord("collection", "cranfield", {} as Circumstances);
  record.add("maxsimd", { segments: 7 }, "same ids and scores", "", 1);
  record.add("maxsimd", { segments: 7 }, "recall@10", "", 0.96131);
  record.add("maxsimd", { segments: 7 }, "p50", "ms", 2.005);
  record.add("maxsimd", { segments: 7 }, "p50 ratio", "", 1.061);
  record.add("maxsimd", { segments: 50 }, "same ids and scores", "", 0);
  record.add("maxsimd", {}, "documents upserted", "", 1400);
  record.add("maxsimd", {}, "upsert", "1/s", 1172.4, 1100, 1200);
  record.add("maxsimd", {}, "rollback", "ms", 8.04, 7, 9.06);
  record.add("maxsimd", {}, "rerank ratio", "", 0.765);
  record.add("maxsimd", { percent: 10 }, "documents", "", 142);
  record.add("maxsimd", { percent: 10 }, "exhausted", "", 0.5);
  record.add("maxsimd", {}, "explain ratio", "", 1.084);
  record.add("maxsimd", { outcome: "brought back" }, "pairs", "", 963);
  const other = new BenchmarkRecord("collection", "debian", {} as Circumstances);
  const segments = segmentTable([record, other]).rows;
  expect(segments[2]).toEqual(["cranfield", "7", "the same to the bit", "0.9613", "2.00 ms", "1.06"]);
  expect(segments[3]).toEqual(["cranfield", "50", "other", "", "", ""]);
  expect(segments[7]?.[0]).toBe("debian");
  const changes = changeTable([record, other]).rows;
  expect(changes[0]?.[1]).toBe("1172 a second (1100 to 1200), of 1400");
  expect(changes[4]).toEqual(["rollback", "8.0 ms (7.0 to 9.1)", ""]);
  expect(changes[9]?.[1]).toBe("0.77");
  expect(filterTable([record, other]).rows).toEqual([["cranfield", "10 %", "142", "", "", "50 %"]]);
  const reasons = reasonTable([record]).rows;
  expect([reasons[0]?.[1], reasons[3]?.[1]]).toEqual(["1.08", "963"]);
});
