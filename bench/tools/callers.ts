/** Programs that other people wrote, and that call a listener: grpcurl, ghz, h2load and Python's grpcio. */

import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { countErrors, type GhzReport } from "../ghz/ghz-report.js";

export interface Listener {
  readonly name: "data" | "data, TLS" | "admin";
  /** `host:port`. */
  readonly address: string;
  /** PEM file of what signed the listener's certificate; undefined without TLS. */
  readonly certificate: string | undefined;
  /** Whether searches are answered there. */
  readonly searches: boolean;
}

/** Files of requests, and commands of the programs. */
export interface Setting {
  /** Folder for reports. */
  readonly out: string;
  /** Serialized SearchRequests and SearchStreamRequests, each preceded by its length; and how many of each. */
  readonly unary: string;
  readonly stream: string;
  readonly queries: number;
  /** One SearchRequest and one HealthCheckRequest, framed as gRPC frames them. */
  readonly frame: string;
  readonly healthFrame: string;
  readonly commands: { readonly grpcurl: string; readonly ghz: string; readonly python: string };
}

/** How many calls of a kind a program made, and how many did not end as they must. */
export interface Calls {
  readonly kind: string;
  readonly calls: number;
  readonly failed: number;
  /** Queries that the server has to search for them. */
  readonly queries: number;
}

type Caller = (listener: Listener, setting: Setting) => Promise<Calls[]>;

export const CALLERS: Readonly<Record<string, Caller>> = {
  grpcurl: callWithGrpcurl,
  grpcio: callWithGrpcio,
  ghz: callWithGhz,
  h2load: callWithH2load,
};

const UNARY_CALLS = 2000;
const STREAMS = 20;
const SEARCH = "maxsimd.v1.SearchService";
const HEALTH = "grpc.health.v1.Health";

/** Each call is a process: it asks for the services by reflection, and then calls one. */
async function callWithGrpcurl({ address, certificate, searches }: Listener, setting: Setting): Promise<Calls[]> {
  const security = certificate === undefined ? ["-plaintext"] : ["-cacert", certificate];
  const ask = (...args: string[]) => run(setting.commands.grpcurl, [...security, ...args]);
  const results: [kind: string, holds: boolean][] = [];
  const { output: services } = await ask(address, "list");
  results.push(["reflection", services.includes(HEALTH) && services.includes(SEARCH) === searches]);
  for (const service of services.trim().split("\n")) {
    results.push(["reflection", (await ask(address, "describe", service)).code === 0]);
  }
  const health = await ask(address, `${HEALTH}/Check`);
  results.push(["unary", health.code === 0 && /"status": "SERVING"/.test(health.output)]);
  const list = searches
    ? await ask(address, "maxsimd.v1.CatalogService/ListIndexes")
    : await ask("-d", '{"index":"cranfield-sample"}', address, "maxsimd.v1.CollectionService/ListVersions");
  results.push(["unary", list.code === 0 && list.output.includes('"version"')]);
  // grpcurl ends with 64 and the number of the status.
  const [method, code] = searches ? [`${SEARCH}/Search`, 64 + 3] : ["maxsimd.v1.AdminService/LoadIndex", 64 + 5];
  const request = searches ? "{}" : '{"index":"other","version":"v1"}';
  const refused = await ask("-d", request, address, method);
  results.push(["error", refused.code === code && refused.output.includes("maxsimd.v1.ErrorDetail")]);
  return [...new Set(results.map(([kind]) => kind))].map((kind) => {
    const those = results.filter((result) => result[0] === kind);
    return { kind, calls: those.length, failed: those.filter(([, holds]) => !holds).length, queries: 0 };
  });
}

async function callWithGrpcio(
  { address, certificate, searches }: Listener,
  { unary, commands }: Setting,
): Promise<Calls[]> {
  const script = fileURLToPath(new URL("../../tools/grpcio_calls.py", import.meta.url));
  const { code, output } = await run(commands.python, [script, address, unary, ...(certificate ? [certificate] : [])]);
  if (code !== 0) throw new Error(`the calls with grpcio ended with ${code}:\n${output}`);
  const counts = JSON.parse(output) as Record<string, [calls: number, failed: number]>;
  const answers = ["unary", "stream"];
  return Object.entries(counts).map(([kind, [calls, failed]]) => {
    return { kind, calls, failed, queries: searches && answers.includes(kind) ? calls : 0 };
  });
}

/** On a stream ghz sends every message of the payload. It counts streams, not the answers in them. */
async function callWithGhz({ address, certificate, searches }: Listener, setting: Setting): Promise<Calls[]> {
  const security = certificate === undefined ? ["--insecure"] : ["--cacert", certificate];
  const call = async (kind: string, total: number, each: number, ...args: string[]): Promise<Calls> => {
    const output = join(setting.out, `ghz-${kind}.json`);
    const numbers = [`--total=${total}`, "--concurrency=8", "--connections=2"];
    const { code, output: text } = await run(setting.commands.ghz, [
      ...[...security, ...numbers, ...args],
      ...["--format=json", `--output=${output}`, address],
    ]);
    if (code !== 0) throw new Error(`ghz ended with ${code}:\n${text}`);
    const report = JSON.parse(readFileSync(output, "utf8")) as GhzReport;
    return { kind, calls: report.count, failed: countErrors(report), queries: each * total };
  };
  if (!searches) return [await call("unary", UNARY_CALLS, 0, `--call=${HEALTH}/Check`, "--data={}")];
  return [
    await call("unary", UNARY_CALLS, 1, `--call=${SEARCH}/Search`, `--binary-file=${setting.unary}`),
    await call("stream", STREAMS, setting.queries, `--call=${SEARCH}/SearchStream`, `--binary-file=${setting.stream}`),
  ];
}

/** h2load knows HTTP/2 and nothing of gRPC: it counts answers with the HTTP status 200. The queries that were searched say the rest. */
async function callWithH2load({ address, certificate, searches }: Listener, setting: Setting): Promise<Calls[]> {
  const url = `${certificate === undefined ? "http" : "https"}://${address}`;
  const { code, output } = await run("h2load", [
    ...[`--requests=${UNARY_CALLS}`, "--clients=4", "--max-concurrent-streams=4"],
    ...["--header=content-type: application/grpc", "--header=te: trailers"],
    `--data=${searches ? setting.frame : setting.healthFrame}`,
    searches ? `${url}/${SEARCH}/Search` : `${url}/${HEALTH}/Check`,
  ]);
  const good = /^status codes: (\d+) 2xx/m.exec(output)?.[1];
  if (code !== 0 || good === undefined) throw new Error(`h2load ended with ${code}:\n${output}`);
  return [
    { kind: "unary", calls: UNARY_CALLS, failed: UNARY_CALLS - Number(good), queries: searches ? UNARY_CALLS : 0 },
  ];
}

/** Runs a program to its end; both of its streams are its output. */
async function run(command: string, args: readonly string[]): Promise<{ code: number; output: string }> {
  const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text) => (output += text));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on("error", reject).on("close", resolve);
  });
  return { code: code ?? -1, output };
}
