import type { BenchmarkRecord } from "../record/record.js";
import type { Table } from "../record/table.js";
import { SEGMENTS, SHARES, TRAINED } from "./points.js";

type Records = readonly BenchmarkRecord[];

const number = (value: number | undefined, digits: number, unit = ""): string =>
  value === undefined || Number.isNaN(value) ? "" : `${value.toFixed(digits)}${unit}`;

/** The same documents in different numbers of segments. */
export function segmentTable(records: Records): Table {
  const rows = records.flatMap((record) =>
    SEGMENTS.map((segments) => {
      const figure = (metric: string) => record.value("maxsimd", { segments }, metric);
      return [
        record.dataset,
        `${segments}`,
        figure("same ids and scores") === 1 ? "the same to the bit" : "other",
        number(figure("recall@10"), 4),
        number(figure("p50"), 2, " ms"),
        number(figure("p50 ratio"), 2),
      ];
    }),
  );
  const head = [
    "",
    "segments",
    "ids and scores, every document refined",
    "recall@10",
    "p50",
    "compared with 1 segment",
  ];
  return { head, rows };
}

/** How long changes take, a column for each record. */
export function changeTable(records: Records): Table {
  const row = (name: string, of: (record: BenchmarkRecord) => string): string[] => [name, ...records.map(of)];
  const figure = (metric: string, digits: number, unit: string) => (record: BenchmarkRecord) => {
    const { value, low, high } = record.find("maxsimd", {}, metric) ?? {};
    const range = low === undefined ? "" : ` (${number(low, digits)} to ${number(high, digits)})`;
    return `${number(value, digits, unit)}${range}`;
  };
  const upserted = (record: BenchmarkRecord): string => {
    const documents = number(record.value("maxsimd", {}, "documents upserted"), 0);
    const rate = figure("upsert", 0, " a second")(record);
    return documents === "" ? rate : `${rate}, of ${documents}`;
  };
  return {
    head: ["", ...records.map(({ dataset }) => dataset)],
    rows: [
      row("documents upserted at once", upserted),
      row("one document upserted", figure("one document upserted", 1, " ms")),
      row("one document upserted, and its version open", figure("and its version open", 1, " ms")),
      row("one document deleted", figure("one document deleted", 1, " ms")),
      row("rollback", figure("rollback", 1, " ms")),
      row("p99 of searches over gRPC", figure("p99", 1, " ms")),
      row("p99 while documents are upserted", figure("p99 during upserts", 1, " ms")),
      row("ratio of the two", figure("p99 ratio", 2, "")),
      row("documents upserted meanwhile", figure("upserts beside searches", 0, " a second")),
      row("1,000 given documents scored, to the time of scoring 1,000 candidates", figure("rerank ratio", 2, "")),
      row(
        "bytes after changes, compaction and removal of versions, to a fresh build",
        figure("bytes after compaction", 3, ""),
      ),
    ],
  };
}

/** Filtered searches compared with exact MaxSim over the documents that match. */
export function filterTable(records: Records): Table {
  const rows = records.flatMap((record) =>
    SHARES.flatMap((share) => {
      const figure = (metric: string) => record.value("maxsimd", { percent: share * 100 }, metric);
      const documents = figure("documents");
      if (documents === undefined || Number.isNaN(documents)) return [];
      return [
        [
          record.dataset,
          `${share * 100} %`,
          number(documents, 0),
          number(figure("recall@10"), 4),
          number(figure("p50"), 2, " ms"),
          number(100 * (figure("exhausted") ?? Number.NaN), 0, " %"),
        ],
      ];
    }),
  );
  const head = ["", "share", "documents that match", "recall@10 among them", "p50", "queries with `exhausted`"];
  return { head, rows };
}

/** What explanations cost, and what became of documents that were missing. */
export function reasonTable(records: Records): Table {
  const pairs = (record: BenchmarkRecord, outcome: string) => number(record.value("maxsimd", { outcome }, "pairs"), 0);
  const row = (name: string, of: (record: BenchmarkRecord) => string): string[] => [name, ...records.map(of)];
  const value = (metric: string) => (record: BenchmarkRecord) => record.value("maxsimd", {}, metric);
  return {
    head: ["", ...records.map(({ dataset }) => dataset)],
    rows: [
      row("time of a query that explains 10 hits, to one that does not", (record) =>
        number(value("explain ratio")(record), 2),
      ),
      row("largest difference of a sum of shares to its score, relative", (record) =>
        (value("explain difference")(record) ?? Number.NaN).toExponential(0),
      ),
      ...["found", "brought back", "not brought back", "no change"].map((outcome) =>
        row(PAIRS[outcome] ?? outcome, (record) => pairs(record, outcome)),
      ),
    ],
  };
}

/** What codecs cost that were trained with fewer or other documents. */
export function driftTable(records: Records): Table {
  const rows = records.flatMap((record) =>
    TRAINED.flatMap((trained) => {
      const figure = (metric: string) => record.value("maxsimd", { trained }, metric);
      if (Number.isNaN(figure("drift"))) return [];
      const what = trained === "other" ? "the sample, another collection" : `${100 * trained} % of the documents`;
      return [
        [
          record.dataset,
          what,
          ...["drift", "largest drift"].map((name) => number(figure(name), 2)),
          number(figure("recall@10"), 4),
        ],
      ];
    }),
  );
  return { head: ["", "the codec was trained with", "drift of all tokens", "of the worst tier", "recall@10"], rows };
}

const PAIRS: Record<string, string> = {
  found: "pairs of 1,000 whose document was in the answer, or has no tokens",
  "brought back": "brought back by the change of parameters that was named",
  "not brought back": "not brought back by it",
  "no change": "without such a change",
};
