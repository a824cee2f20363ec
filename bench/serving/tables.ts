import type { BenchmarkRecord } from "../record/record.js";
import type { Table } from "../record/table.js";
import { WAYS } from "./ways.js";

const SERVED = WAYS.filter((way) => way !== "native");

/** Rate and time of each way of asking. */
export function servingTable([record]: readonly BenchmarkRecord[]): Table {
  const figure = (way: string, metric: string, digits: number, unit: string) => {
    const value = record?.value("maxsimd", { way }, metric) ?? Number.NaN;
    return Number.isNaN(value) ? "" : `${value.toFixed(digits)} ${unit}`;
  };
  const added = record?.value("unary-native", {}, "p50") ?? Number.NaN;
  const ratio = record?.value("stream/native", {}, "rate") ?? Number.NaN;
  const compared = { native: "", unary: `p50 + ${added.toFixed(2)} ms`, stream: `${ratio.toFixed(2)} of the rate` };
  return {
    head: ["", "rate", "p50", "compared with in process", "client's CPU a query", "server's CPU a query"],
    rows: WAYS.map((way) => [
      { native: "in process, one thread", unary: "unary, one at a time", stream: "stream, one worker" }[way],
      figure(way, "rate", 0, "/s"),
      figure(way, "p50", 2, "ms"),
      compared[way],
      figure(way, "client_cpu", 2, "ms"),
      figure(way, "server_cpu", 2, "ms"),
    ]),
  };
}

/** Where a query's time goes on the server: microseconds of all stations in the record, as means over the queries. */
export function stationTable([record]: readonly BenchmarkRecord[]): Table {
  const named = record?.figures.map(({ parameters }) => /station=(\w+)/.exec(parameters)?.[1]);
  const stations = [...new Set(named)].filter((station) => station !== undefined);
  return {
    head: ["station", ...SERVED.map((way) => `${way}, µs a query`)],
    rows: stations.map((station) => [
      station,
      ...SERVED.map((way) => {
        const micros = record?.value("maxsimd", { way, station }, "time") ?? Number.NaN;
        return Number.isNaN(micros) ? "not measured" : micros.toFixed(1);
      }),
    ]),
  };
}
