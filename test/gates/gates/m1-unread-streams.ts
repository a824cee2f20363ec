import { type ClientHttp2Session, connect } from "node:http2";
import { SearchService, SearchStreamRequestSchema } from "@maxsimd/proto";
import { createRandom } from "../../support/served-file/sample.js";
import { type Figure, type Gate, never } from "../gate.js";
import { openLoop } from "../support/open-loop.js";
import { figuresOf } from "../support/process-figures.js";
import { INDEX, makeCatalog, SEARCH, searchRequest, tensorOf } from "../support/sample-catalog.js";
import { percentile } from "../support/statistics.js";
import { bytesOf, framed, pathOf, WireClient } from "../support/wire-client.js";

const STREAMS = 1000;
const STREAMS_PER_CONNECTION = 100;
/** Results of one query: about 16 KB, and 640 queries give 10 MB. */
const K = 2000;
const QUERIES_PER_MESSAGE = 64;
const MESSAGES = 10;
/** `stallMs` of the server in this test. */
const STALL_MS = 15_000;
const MIB = 1024 * 1024;
const HONEST_RATE = 50;
const HONEST_SECONDS = 10;

export const m1: Gate = {
  id: "M1",
  promise: "Memory per stream is bounded when clients do not read; such streams end, and others keep their latency.",
  place: "alone",
  bug: {
    what: "responses are written whether or not the peer reads",
    caughtBy: "more resident memory",
    edits: [
      {
        file: "server/src/transport/response-writer.ts",
        from: "    while (this.#full || this.#unflushed > FIXED.unflushedBytes) {",
        to: "    while (this.#unflushed < 0) {",
      },
    ],
  },
  async run({ folder, serve, seed, count }) {
    const catalog = await makeCatalog(folder, { documents: K + 200 });
    const args = ["--workers", "1", "--metrics", "127.0.0.1:0", "--limit", `stallMs=${STALL_MS}`];
    const server = await serve([catalog.path, ...args]);
    const streams = count(STREAMS);
    const honest = new WireClient(server.data);
    const request = searchRequest(catalog.queries[0] as Uint8Array);
    const random = createRandom(seed);
    const latency = async (): Promise<{ p99: number; failed: string[] }> => {
      const samples = await openLoop({
        ...{ rate: HONEST_RATE, seconds: HONEST_SECONDS, random, clients: [honest] },
        sendOne: (client) => client.send(SEARCH, request),
      });
      const failed = samples.filter(({ status }) => status !== 0).map(({ status, text }) => `${status} ${text}`);
      return {
        p99: percentile(
          samples.map(({ ms }) => ms),
          0.99,
        ),
        failed,
      };
    };
    await latency();
    const usual = await latency();
    const before = figuresOf(server.pid).rss;
    let peak = 0;
    const watch = setInterval(() => {
      peak = Math.max(peak, figuresOf(server.pid).rss);
    }, 100);
    const message = unreadMessage(catalog.queries[0] as Uint8Array);
    const sessions: ClientHttp2Session[] = [];
    for (let made = 0; made < streams; made += STREAMS_PER_CONNECTION) {
      const session = connect(`http://${server.data}`, { settings: { initialWindowSize: 65_535 } });
      session.on("error", () => undefined);
      sessions.push(session);
      for (let i = 0; i < Math.min(STREAMS_PER_CONNECTION, streams - made); i++) openUnread(session, message);
    }
    const during = await latency();
    // All of them have to be ended by the time that none of them can have read for so long.
    const began = performance.now();
    let left = streams;
    while (left > 0 && performance.now() - began < 2 * STALL_MS) {
      await new Promise((resolve) => setTimeout(resolve, 200));
      left = await server.metric("maxsimd_rpc_in_flight");
    }
    clearInterval(watch);
    for (const session of sessions) session.destroy();
    honest.close();
    const figures: Figure[] = [
      { what: "streams that never read", got: streams, least: streams },
      { what: "more resident memory", got: (peak - before) / MIB, unit: "MiB", most: streams / 4 + 64 },
      { what: "streams that the stall timer did not end", got: left, most: 0 },
      { what: "p99 of honest searches to before", got: during.p99 / usual.p99, unit: "×", most: 1.5 },
      never("failed honest searches", during.failed),
    ];
    return figures;
  },
};

/** 64 queries with 2,000 results each. */
function unreadMessage(query: Uint8Array): Buffer {
  const { dtype, dim } = tensorOf(query);
  const row = query.subarray(0, dim * 2);
  const data = Buffer.concat(Array.from({ length: QUERIES_PER_MESSAGE }, () => row));
  const rowCounts = Array.from({ length: QUERIES_PER_MESSAGE }, () => 1);
  const queries = { tokens: { dtype, dim, rows: QUERIES_PER_MESSAGE, data }, rowCounts };
  const queryIds = rowCounts.map((_, i) => BigInt(i));
  return framed(bytesOf(SearchStreamRequestSchema, { index: { index: INDEX }, params: { k: K }, queryIds, queries }));
}

/** A stream that asks for 10 MB of results and reads nothing. */
function openUnread(session: ClientHttp2Session, message: Buffer): void {
  const stream = session.request({
    ":method": "POST",
    ":path": pathOf(SearchService.method.searchStream),
    te: "trailers",
    "content-type": "application/grpc",
  });
  stream.on("error", () => undefined);
  for (let i = 0; i < MESSAGES; i++) stream.write(message);
  stream.end();
}
