import type { BenchmarkRecord } from "../record/record.js";
import type { Table } from "../record/table.js";

/** A row for each kernel, in the order of its operations per nanosecond on the fastest backend. */
export function kernelTable([record]: readonly BenchmarkRecord[]): Table {
  const measured = [...new Set(record?.figures.map(({ engine }) => engine))];
  const backends = ["portable", ...measured.filter((backend) => backend !== "portable")];
  const kernels = [...new Set(record?.figures.map(({ parameters }) => parameters.replace("kernel=", "")))];
  const rows = kernels.map((kernel) => {
    const figure = (backend: string, metric: string) => record?.value(backend, { kernel }, metric) ?? Number.NaN;
    const times = backends.map((backend) => figure(backend, "time"));
    const [portable = Number.NaN] = times;
    const cells = times.map((time, i) =>
      Number.isNaN(time)
        ? "not measured"
        : `${time.toFixed(0)} ns${i === 0 ? "" : `, ${(portable / time).toFixed(1)} ×`}`,
    );
    const fastest = Math.min(...times.filter((time) => !Number.isNaN(time)));
    return { rate: figure("portable", "operations") / fastest, cells: [kernel, ...cells] };
  });
  return {
    head: ["kernel", ...backends, "operations per ns"],
    rows: rows.toSorted((a, b) => b.rate - a.rate).map(({ rate, cells }) => [...cells, rate.toFixed(1)]),
  };
}
