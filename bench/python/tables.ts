import type { BenchmarkRecord } from "../record/record.js";
import type { Table } from "../record/table.js";

/** Median, slowest and fastest of the rounds. */
interface Rate {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/** What measure_corpus.py prints for an element type. */
export interface CorpusFigures {
  readonly dtype: string;
  readonly tokens: number;
  /** Load average of the machine before the first round. */
  readonly load: number;
  readonly plain_write_mb_per_s: Rate;
  readonly write_corpus_mb_per_s: Rate;
  readonly share: number;
  readonly peak_rss_mb: number;
}

/** The steps of measure_fresh.py in their order, and what each is. */
const STEPS = {
  wheel: "build the wheel, with its build tool",
  environment: "make a virtual environment",
  install: "install the wheel and what it needs",
  build: "build the index of the sample, with the command",
  serve: "start the server",
  first_search: "import, connect, and one search",
  stream: "600 queries over one stream",
};

/** Rate and memory of `write_corpus` for each element type of the record. */
export function corpusTable([record]: readonly BenchmarkRecord[]): Table {
  const rates = record?.figures.filter(({ engine, metric }) => engine === "maxsimd" && metric === "rate") ?? [];
  return {
    head: [
      "given as",
      "tokens",
      "plain write",
      "write_corpus",
      "share of the plain write's rate",
      "peak memory of the process",
      "load average of the machine",
    ],
    rows: rates.map(({ parameters, value }) => {
      const { dtype = "", tokens, ...rest } = Object.fromEntries(parameters.split(" ").map((pair) => pair.split("=")));
      const figure = (engine: string, metric: string) =>
        record?.value(engine, { dtype, tokens, ...rest }, metric) ?? Number.NaN;
      return [
        dtype,
        Number(tokens).toLocaleString("en"),
        `${figure("plain", "rate")} MB/s`,
        `${value} MB/s`,
        figure("maxsimd/plain", "rate").toFixed(2),
        `${figure("maxsimd", "peak_rss")} MB`,
        record?.find("", { dtype, tokens, ...rest }, "load")?.value.toString() ?? "",
      ];
    }),
  };
}

/** Seconds of each step from nothing to answers. */
export function freshTable([record]: readonly BenchmarkRecord[]): Table {
  return {
    head: ["step", "time"],
    rows: Object.entries(STEPS).map(([step, what]) => {
      const seconds = record?.value("maxsimd", { step }, "time") ?? Number.NaN;
      return [what, Number.isNaN(seconds) ? "" : `${seconds.toFixed(1)} s`];
    }),
  };
}
