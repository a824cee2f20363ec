import { constants } from "node:http2";
import { join } from "node:path";
import { createRandom } from "../../support/served-file/sample.js";
import { type Gate, never } from "../gate.js";
import { figuresOf, type ProcessFigures } from "../support/process-figures.js";
import { makeCatalog, PATIENT, SEARCH } from "../support/sample-catalog.js";
import { numberedRequest, readSearchLog, searchLogArguments } from "../support/search-log.js";
import { rowsOf, slowRequest } from "../support/slow-query.js";
import { percentile } from "../support/statistics.js";
import { framed, type Reply, WireClient } from "../support/wire-client.js";

const CALLS = 100_000;
/** Calls at a time. */
const AT_ONCE = 6;
/** Time of one search that nobody cancels. */
const SEARCH_MS = 40;
/** A call is cancelled so many milliseconds after it was sent, at most. */
const CANCEL_MS = 4;
const STOP_MS = 10;
/** Calls that are cancelled on one connection. Node ends a connection on which more than 1,000 are cancelled faster than 33 a second. */
const CANCELS = 800;

const GAUGES = [
  "maxsimd_rpc_in_flight",
  "maxsimd_queries_running",
  "maxsimd_queries_waiting",
  "maxsimd_queries_admitted",
];

export const o3: Gate = {
  id: "O3",
  promise: "The work of a cancelled call stops within 10 ms, and leaves nothing behind.",
  place: "alone",
  bug: {
    what: "native code is not stopped when its callers have left",
    caughtBy: "native work after the server read the cancellation, p99",
    edits: [
      {
        file: "server/src/engine/task.ts",
        from: "    if (this.#openCount === 0) {\n      this.#stop();",
        to: "    if (this.#openCount < 0) {\n      this.#stop();",
      },
    ],
  },
  async run({ folder, serve, seed, count }) {
    const catalog = await makeCatalog(folder, { documents: 6000 });
    const log = join(folder, "searches");
    const { execArgv, env } = searchLogArguments(log);
    const args = [catalog.path, "--workers", "2", "--metrics", "127.0.0.1:0", ...PATIENT];
    const server = await serve(args, execArgv, env);
    const { rows, ms: searchMs } = await slowRequest(server.data, catalog, SEARCH_MS);
    const query = rowsOf(catalog, rows);
    const random = createRandom(seed);
    const calls = count(CALLS);
    const idle = async (): Promise<ProcessFigures> => {
      while (
        (await server.metric("maxsimd_queries_admitted")) > 0 ||
        (await server.metric("maxsimd_rpc_in_flight")) > 0
      );
      return figuresOf(server.pid);
    };
    let sent = 0;
    const unexpected: string[] = [];
    let next = 1;
    const caller = async (until: number): Promise<void> => {
      let client = new WireClient(server.data);
      for (let cancels = 1; next <= until; cancels++) {
        if (cancels % CANCELS === 0) {
          client.close();
          client = new WireClient(server.data);
        }
        const number = next++;
        const reply = await callAndCancel(client, number, numberedRequest(query, number), CANCEL_MS * random());
        sent += 1;
        if (reply.status !== 0 && reply.text !== `reset ${constants.NGHTTP2_CANCEL}`)
          unexpected.push(`${reply.status} ${reply.text}`);
      }
      client.close();
    };
    const callers = (until: number) => Promise.all(Array.from({ length: AT_ONCE }, () => caller(until)));
    // The first calls make what a process keeps: threads, buffers, the files of its modules.
    await callers(Math.ceil(calls / 10));
    const before = await idle();
    await callers(calls);
    const after = await idle();
    const left = await Promise.all(GAUGES.map(async (name) => [name, await server.metric(name)] as const));
    await server.stop();
    const stops: number[] = [];
    const { tasks, cancelled } = readSearchLog(log);
    for (const { began, ended, numbers } of tasks) {
      const moments = numbers.map((number) => cancelled.get(number) ?? Number.POSITIVE_INFINITY);
      const last = Math.max(...moments);
      if (last < ended) stops.push(ended - Math.max(last, began));
    }
    return [
      { what: "calls sent and cancelled", got: sent, least: calls },
      { what: "time of a search that runs to its end", got: searchMs, unit: "ms", least: 2 * STOP_MS },
      { what: "searches that a cancellation reached", got: stops.length, least: Math.min(100, calls / 100) },
      {
        what: "native work after the server read the cancellation, p99",
        got: percentile(stops, 0.99),
        unit: "ms",
        most: STOP_MS,
      },
      never(
        "gauges that are not 0 afterwards",
        left.filter(([, value]) => value !== 0).map(([name, v]) => `${name} ${v}`),
      ),
      { what: "more threads than before", got: after.threads - before.threads, most: 0 },
      { what: "more open files than before", got: after.files - before.files, most: 0 },
      never("other ends of a cancelled call", unexpected),
    ];
  },
};

/** Sends a call, and resets its stream after a time. */
function callAndCancel(client: WireClient, number: number, request: Buffer, afterMs: number): Promise<Reply> {
  const { stream, reply } = client.open(SEARCH, { headers: { "x-number": String(number) } });
  stream.end(framed(request));
  const timer = setTimeout(() => stream.close(constants.NGHTTP2_CANCEL), afterMs);
  void reply.then(() => clearTimeout(timer));
  return reply;
}
