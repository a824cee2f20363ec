import type { BenchmarkRecord } from "../record/record.js";
import type { Table } from "../record/table.js";
import { REASONS } from "./deviations.js";

const OURS = ["data", "data-tls", "admin"];
const SERVERS = [...OURS, "node", "node-headers", "node-headers-tls", "grpc-go"];
const NAMES: Readonly<Record<string, string>> = {
  data: "data listener",
  "data-tls": "data listener, TLS",
  admin: "admin listener",
  node: "Node, body",
  "node-headers": "Node, headers only",
  "node-headers-tls": "Node, headers only, TLS",
  "grpc-go": "grpc-go",
};

/** Names of the cases that did not pass everywhere, by section and number. */
function casesOf(record: BenchmarkRecord | undefined): string[] {
  const named = record?.figures.flatMap(({ parameters }) => /^case=(\S+)$/.exec(parameters)?.[1] ?? []) ?? [];
  return [...new Set(named)].sort((a, b) => a.localeCompare(b, "en", { numeric: true }));
}

/** How a case ended with a server: one word if it ended so in every run. */
function endingOf(record: BenchmarkRecord | undefined, engine: string, name: string): string {
  const runs = record?.value(engine, {}, "runs");
  const [fail, skip] = ["fail", "skip"].map((ending) => record?.find(engine, { case: name }, ending)?.value ?? 0);
  if (fail === 0) return skip === 0 ? "pass" : "skipped";
  return fail === runs ? "fails" : `fails in ${fail} of ${runs} runs`;
}

/** How many cases ended how. */
export function endingTable([record]: readonly BenchmarkRecord[]): Table {
  return {
    head: ["server", "pass", "skipped", "fail", "of"],
    rows: SERVERS.map((engine) => {
      const endings = casesOf(record).map((name) => endingOf(record, engine, name));
      const skipped = endings.filter((ending) => ending === "skipped").length;
      const failed = endings.filter((ending) => ending.startsWith("fails")).length;
      const cases = record?.value(engine, {}, "cases") ?? Number.NaN;
      return [NAMES[engine] ?? "", ...[cases - skipped - failed, skipped, failed, cases].map(String)];
    }),
  };
}

/** The cases in which one of our listeners does not pass, next to the other servers, with the reasons. */
export function deviationTable([record]: readonly BenchmarkRecord[]): Table {
  const deviating = casesOf(record).filter((name) => OURS.some((engine) => endingOf(record, engine, name) !== "pass"));
  return {
    head: ["case", ...SERVERS.map((engine) => NAMES[engine] ?? ""), "reason"],
    rows: deviating.map((name) => [
      name,
      ...SERVERS.map((engine) => endingOf(record, engine, name)),
      REASONS[name] ?? "",
    ]),
  };
}

/** The cases that one of our listeners does not pass, and that have no reason. */
export function unexplained(record: BenchmarkRecord): string[] {
  return deviationTable([record])
    .rows.filter((row) => row.at(-1) === "")
    .map(([name = ""]) => name);
}

/** Calls of the other programs: all and failed, by listener and kind. */
export function callTable([record]: readonly BenchmarkRecord[]): Table {
  const KINDS = ["reflection", "unary", "stream", "error"];
  const keys = [
    ...new Set(record?.figures.map(({ engine, parameters }) => `${engine} ${/listener=(\S+)/.exec(parameters)?.[1]}`)),
  ];
  return {
    head: [
      "program",
      "listener",
      "reflection",
      "unary calls",
      "streams",
      "errors that are typed",
      "failed",
      "queries searched",
    ],
    rows: keys.map((key) => {
      const [program = "", listener = ""] = key.split(" ");
      const figure = (kind: string, metric: string) => record?.value(program, { listener, kind }, metric) ?? Number.NaN;
      const shown = (kind: string) => (Number.isNaN(figure(kind, "calls")) ? "" : String(figure(kind, "calls")));
      const searched = record?.value(program, { listener }, "searched");
      const queries = record?.value(program, { listener }, "queries");
      const failed = [
        ...KINDS.map((kind) => figure(kind, "failed")).filter((count) => !Number.isNaN(count)),
        record?.value(program, { listener }, "failed") ?? 0,
      ];
      return [
        ...[program, NAMES[listener.toLowerCase()] ?? listener, ...KINDS.map(shown)],
        String(failed.reduce((sum, count) => sum + count, 0)),
        queries === 0 ? "" : `${searched} of ${queries}`,
      ];
    }),
  };
}
