import type { BenchmarkRecord } from "../record/record.js";
import type { Table } from "../record/table.js";
import { SEGMENTS, SHARES } from "./points.js";

type Records = readonly BenchmarkRecord[];

const number = (value: number | undefined, digits: number, unit = ""): string =>
  value === undefined || Number.isNaN(value) ? "" : `${value.toFixed(digits)}${unit}`;

/** The same documents in different numbers of segments. */
export function segmentTable([record]: Records): Table {
  const figure = (segments: number, metric: string) => record?.value("maxsimd", { segments }, metric);
  return {
    head: ["segments", "ids and scores, every document refined", "recall@10", "p50", "compared with one segment"],
    rows: SEGMENTS.map((segments) => [
      `${segments}`,
      figure(segments, "same ids and scores") === 1 ? "the same to the bit" : "other",
      number(figure(segments, "recall@10"), 4),
      number(figure(segments, "p50"), 2, " ms"),
      number(figure(segments, "p50 ratio"), 2),
    ]),
  };
}

/** How long changes take. */
export function changeTable([record]: Records): Table {
  const time = (metric: string): string => {
    const figure = record?.find("maxsimd", {}, metric);
    return `${number(figure?.value, 1, " ms")} (${number(figure?.low, 1)} to ${number(figure?.high, 1)})`;
  };
  const rate = number(record?.value("maxsimd", {}, "upsert"), 0, " documents per second");
  const rerank = number(record?.value("maxsimd", {}, "rerank ratio"), 2);
  const metrics = ["one document upserted", "and its version open", "one document deleted", "rollback"];
  return {
    head: ["change", "time or rate"],
    rows: [
      ["all documents upserted at once", rate],
      ...metrics.map((metric) => [metric, time(metric)]),
      [
        "1,000 documents given by their ids scored, compared with a search that scores 1,000 candidates",
        `${rerank} of its time`,
      ],
    ],
  };
}

/** Filtered searches compared with exact MaxSim over the documents that match. */
export function filterTable([record]: Records): Table {
  const figure = (share: number, metric: string) => record?.value("maxsimd", { percent: share * 100 }, metric);
  return {
    head: ["documents that match", "share", "recall@10 among them", "p50", "queries with `exhausted`"],
    rows: SHARES.map((share) => [
      number(figure(share, "documents"), 0),
      `${share * 100} %`,
      number(figure(share, "recall@10"), 4),
      number(figure(share, "p50"), 2, " ms"),
      number(100 * (figure(share, "exhausted") ?? Number.NaN), 0, " %"),
    ]),
  };
}
