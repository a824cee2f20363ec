/** `npm run bench:tools`: what programs that other people wrote say of the server, as an HTTP/2 server and as a gRPC server. */

import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { readSample } from "../demo/sample.js";
import { prepareIndex } from "../demo/sample-index.js";
import { searchPayload, searchStreamPayload } from "../ghz/payloads.js";
import { currentCircumstances } from "../record/circumstances.js";
import { BenchmarkRecord } from "../record/record.js";
import { markdown } from "../record/table.js";
import { CALLERS, type Listener, type Setting } from "./callers.js";
import { findGoProgram, goVersion } from "./go-program.js";
import { runH2spec } from "./h2spec.js";
import { preparePython } from "./python-environment.js";
import { type OurServers, type Peer, startGrpcGo, startOurs, startPlainNode } from "./servers.js";
import { callTable, deviationTable, endingTable, unexplained } from "./tables.js";

/** bench/, from bench/dist/tools/main.js. */
const BENCH = fileURLToPath(new URL("../../", import.meta.url));
const OUT = join(BENCH, "out/tools");
const CACHE = join(BENCH, ".cache");

const GRPCURL = "github.com/fullstorydev/grpcurl";
const HOME = `https://${GRPCURL}`;
const PROGRAMS = {
  h2spec: {
    package: "github.com/summerwind/h2spec/cmd/h2spec@latest",
    probe: ["--version"],
    home: "https://github.com/summerwind/h2spec",
  },
  grpcurl: { package: `${GRPCURL}/cmd/grpcurl@latest`, probe: ["-version"], home: HOME },
  ghz: { package: "github.com/bojand/ghz/cmd/ghz@latest", probe: ["--version"], home: "https://ghz.sh" },
  testserver: { package: `${GRPCURL}/internal/testing/cmd/testserver@latest`, probe: ["-help"], home: HOME },
} as const;
const PACKAGES = ["grpcio==1.85.1", "grpcio-reflection==1.85.1"];

/** What can be run alone; each part has a record of its name. */
const PARTS = ["h2spec", "calls"];

const USAGE = `npm run bench:tools [-- options]

Runs h2spec against both listeners, against a plain server of Node's HTTP/2, and against grpc-go; then calls the listeners, with and
without TLS, with grpcurl, grpcio, ghz and h2load. Prints the tables, and writes records to bench/records. Go programs and Python's grpcio
are installed if they are missing; h2load (nghttp2-client) and openssl have to be there. Takes 5 minutes. The exit code is 1 if
the server deviates in a case that has no reason in bench/tools/deviations.ts, or if a call fails.

  --only PART       h2spec or calls; the record of the other part stays as it is
  --runs N          how often h2spec runs against each server; default 3
  --records FOLDER  where the records are written; default bench/records
  --help            show this
`;

async function main(parts: readonly string[], runs: number, records: string): Promise<void> {
  const bin = join(CACHE, "bin");
  const find = (name: keyof typeof PROGRAMS) => findGoProgram({ name, ...PROGRAMS[name] }, bin);
  const commands = {
    h2spec: find("h2spec"),
    grpcurl: find("grpcurl"),
    ghz: find("ghz"),
    testserver: find("testserver"),
  };
  const h2load = /nghttp2\/(\S+)/.exec(spawnSync("h2load", ["--version"], { encoding: "utf8" }).stdout ?? "")?.[1];
  if (h2load === undefined)
    throw new Error("h2load is missing: install it (apt install nghttp2-client) and run this again");
  const python = preparePython(join(CACHE, "grpcio"), PACKAGES);
  mkdirSync(OUT, { recursive: true });

  const sample = await readSample(join(BENCH, "sample"));
  const { catalog } = await prepareIndex(sample, join(CACHE, "demo"));
  const versions = Object.entries(commands).map(([name, command]) => `${name} ${goVersion(command)}`);
  const circumstances = currentCircumstances(
    ...versions,
    `h2load ${h2load}`,
    ...PACKAGES.map((p) => p.replace("==", " ")),
  );
  const conformance = new BenchmarkRecord("tools", "h2spec", circumstances);
  const calls = new BenchmarkRecord("tools", "calls", circumstances);
  const ours = await startOurs(catalog, OUT);
  const others: Peer[] = [];
  try {
    others.push(await startPlainNode("body"));
    others.push(await startPlainNode("headers"));
    others.push(await startPlainNode("headers", OUT));
    others.push(await startGrpcGo(commands.testserver));
    if (parts.includes("h2spec")) await conform(commands.h2spec, runs, ours, others, conformance);
    if (parts.includes("calls")) {
      await call(ours, { ...writeRequests(sample), commands: { ...commands, python } }, calls);
    }
  } finally {
    await Promise.all([ours.stop(), ...others.map((each) => each.stop())]);
  }
  const tables = {
    h2spec: [endingTable([conformance]), deviationTable([conformance])],
    calls: [callTable([calls])],
  };
  for (const record of [conformance, calls].filter(({ dataset }) => parts.includes(dataset))) {
    for (const table of tables[record.dataset as keyof typeof tables]) console.log(`${markdown(table, true)}\n`);
    console.log(record.save(records));
  }
  const faults = [
    ...unexplained(conformance).map((name) => `${name} has no reason in bench/tools/deviations.ts`),
    ...calls.figures
      .filter(({ metric, value }) => metric === "failed" && value > 0)
      .map(({ engine, parameters, value }) => `${engine} ${parameters}: ${value} failed`),
  ];
  for (const fault of faults) console.error(fault);
  if (faults.length > 0) process.exitCode = 1;
}

async function conform(
  command: string,
  runs: number,
  { plain, tls }: OurServers,
  [body, headers, secure, go]: readonly Peer[],
  record: BenchmarkRecord,
): Promise<void> {
  const portOf = (address: string): number => Number(address.slice(address.lastIndexOf(":") + 1));
  const servers: [engine: string, port: number, tls: boolean][] = [
    ["data", plain.dataPort, false],
    ["data-tls", tls.dataPort, true],
    ["admin", portOf(plain.adminAddress ?? ""), false],
    ["node", body?.port ?? 0, false],
    ["node-headers", headers?.port ?? 0, false],
    ["node-headers-tls", secure?.port ?? 0, true],
    ["grpc-go", go?.port ?? 0, false],
  ];
  for (const [engine, port, hasTls] of servers) {
    const counts = new Map<string, Record<"pass" | "fail" | "skip", number>>();
    for (let run = 1; run <= runs; run++) {
      process.stderr.write(`h2spec: ${engine}, run ${run} of ${runs}\n`);
      for (const [name, { ending }] of await runH2spec(command, port, hasTls, join(OUT, `${engine}.xml`))) {
        const count = counts.get(name) ?? { pass: 0, fail: 0, skip: 0 };
        count[ending] += 1;
        counts.set(name, count);
      }
    }
    record.add(engine, {}, "cases", "", counts.size);
    record.add(engine, {}, "runs", "", runs);
    for (const [name, { fail, skip }] of counts) {
      if (fail > 0) record.add(engine, { case: name }, "fail", "runs", fail);
      if (skip > 0) record.add(engine, { case: name }, "skip", "runs", skip);
    }
  }
}

async function call({ plain, tls, certificate }: OurServers, setting: Setting, record: BenchmarkRecord): Promise<void> {
  const listeners: Listener[] = [
    { name: "data", address: plain.dataAddress, certificate: undefined, searches: true },
    { name: "data, TLS", address: tls.dataAddress, certificate, searches: true },
    { name: "admin", address: plain.adminAddress ?? "", certificate: undefined, searches: false },
  ];
  for (const listener of listeners) {
    const metrics = listener.certificate === undefined ? plain.metricsAddress : tls.metricsAddress;
    for (const [program, caller] of Object.entries(CALLERS)) {
      process.stderr.write(`${program}: ${listener.name}\n`);
      const name = { listener: listener.name.replace(", ", "-") };
      const before = await searched(metrics);
      const results = await caller(listener, setting);
      for (const { kind, calls, failed } of results) {
        record.add(program, { ...name, kind }, "calls", "", calls);
        record.add(program, { ...name, kind }, "failed", "", failed);
      }
      const queries = results.reduce((sum, each) => sum + each.queries, 0);
      const found = (await searched(metrics)) - before;
      record.add(program, name, "queries", "", queries);
      record.add(program, name, "searched", "", found);
      // Of a stream, and of h2load's calls, this alone says that each query was answered.
      record.add(program, name, "failed", "", Math.abs(queries - found));
    }
  }
}

/** Writes the requests of the callers. */
function writeRequests(sample: Awaited<ReturnType<typeof readSample>>): Omit<Setting, "commands"> {
  const write = (name: string, bytes: Uint8Array): string => {
    const path = join(OUT, name);
    writeFileSync(path, bytes);
    return path;
  };
  const unary = searchPayload(sample.queries);
  const [length, at] = readVarint(unary);
  return {
    out: OUT,
    unary: write("search.bin", unary),
    stream: write("search-stream.bin", searchStreamPayload(sample.queries)),
    queries: sample.queries.count,
    frame: write("search.frame", framed(unary.subarray(at, at + length))),
    healthFrame: write("health.frame", framed(new Uint8Array(0))),
  };
}

/** A message as gRPC frames it. */
function framed(message: Uint8Array): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}

/** A varint at the beginning of some bytes, and where it ends. */
function readVarint(bytes: Uint8Array): [value: number, end: number] {
  let [value, at] = [0, 0];
  for (let byte = 0x80; byte >= 0x80; at++) {
    byte = bytes[at] ?? 0;
    value += (byte & 0x7f) * 2 ** (7 * at);
  }
  return [value, at];
}

/** Number of queries that a server has searched so far, from its metrics. */
async function searched(metrics: string | undefined): Promise<number> {
  const text = await (await fetch(`http://${metrics}/metrics`)).text();
  return Number(/^maxsimd_task_queries_sum (\d+)$/m.exec(text)?.[1] ?? Number.NaN);
}

try {
  const { values } = parseArgs({
    options: {
      only: { type: "string" },
      runs: { type: "string", default: "3" },
      records: { type: "string", default: join(BENCH, "records") },
      help: { type: "boolean", default: false },
    },
  });
  const runs = Number(values.runs);
  if (!Number.isInteger(runs) || runs < 1)
    throw new Error(`expected --runs, a whole number of at least 1, got ${values.runs}`);
  const parts = values.only === undefined ? PARTS : PARTS.filter((part) => part === values.only);
  if (parts.length === 0) throw new Error(`expected --only ${PARTS.join(" or ")}, got ${values.only}`);
  if (values.help) console.log(USAGE);
  else await main(parts, runs, values.records);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
