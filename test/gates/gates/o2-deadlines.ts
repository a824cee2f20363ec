import { join } from "node:path";
import { createRandom } from "../../support/served-file/sample.js";
import { type Gate, never } from "../gate.js";
import { closedLoop, openLoop } from "../support/open-loop.js";
import { makeCatalog, SEARCH } from "../support/sample-catalog.js";
import { numberedRequest, readSearchLog, searchLogArguments } from "../support/search-log.js";
import { rowsOf } from "../support/slow-query.js";
import { WireClient } from "../support/wire-client.js";

const REQUESTS = 100_000;
const LOAD = 3;
const CONNECTIONS = 8;
const ROWS = 32;
/** A header, and the milliseconds that it means to the server; undefined where it does not parse, -1 where it is over at once. */
const ODD: readonly (readonly [header: string, ms: number | undefined])[] = [
  ["0n", 0],
  ["597H", 60_000],
  ["99999999H", 60_000],
  ["2147484S", 60_000],
  ["-5S", undefined],
  ["1e9S", undefined],
];
/** An answer may come so much later: it was on its way. */
const LATE_MS = 20;

export const o2: Gate = {
  id: "O2",
  promise: "No search begins for a request whose deadline has passed, and no answer comes after it.",
  place: "alone",
  bug: {
    what: "queries whose deadline passes while they wait go to a worker all the same, and their answers out",
    caughtBy: "searches begun after the deadline",
    edits: [
      { file: "server/src/engine/engine.ts", from: "query.deadline <= now", to: "query.deadline <= now - 1e6" },
      {
        file: "server/src/transport/call-scope.ts",
        from: "this.abort(expired(timeout)), left)",
        to: "this.abort(expired(timeout)), left + 500)",
      },
      { file: "server/src/transport/calls.ts", from: "      scope.throwIfExpired();\n", to: "" },
    ],
  },
  async run({ folder, serve, seed, count }) {
    const catalog = await makeCatalog(folder, { documents: 600 });
    const log = join(folder, "searches");
    const { execArgv, env } = searchLogArguments(log);
    const server = await serve([catalog.path, "--workers", "1", "--limit", "queueMs=1000"], execArgv, env);
    const clients = Array.from({ length: CONNECTIONS }, () => new WireClient(server.data));
    const random = createRandom(seed);
    const query = rowsOf(catalog, ROWS);
    const plain = numberedRequest(query, 0);
    const peak = await closedLoop(16, 3, (i) => (clients[i % CONNECTIONS] as WireClient).send(SEARCH, plain));
    const requests = count(REQUESTS);
    const allowed = new Map<number, number | undefined>();
    const samples = await openLoop({
      rate: LOAD * peak,
      seconds: (1.1 * requests) / (LOAD * peak),
      random,
      clients,
      sendOne: (client, i) => {
        const number = i + 1;
        const odd = i % 50 === 0 ? ODD[(i / 50) % ODD.length] : undefined;
        const ms = Math.ceil(1000 ** random());
        const [timeout, means] = odd ?? [`${ms}m`, ms];
        allowed.set(number, means);
        return client.send(SEARCH, numberedRequest(query, number), {
          timeout,
          headers: { "x-number": String(number) },
        });
      },
    });
    for (const client of clients) client.close();
    await server.stop();
    const { tasks, arrived } = readSearchLog(log);
    const begunLate: string[] = [];
    let begun = 0;
    for (const { began, numbers } of tasks) {
      for (const number of numbers) {
        const [came, ms] = [arrived.get(number)?.came, allowed.get(number)];
        if (came === undefined || number === 0) continue;
        begun += 1;
        // The server's own clock: the deadline counts from when the headers came. It holds whole milliseconds.
        if (ms === undefined || began > came + ms + 2)
          begunLate.push(`request ${number} of ${ms} ms began after ${began - came}`);
      }
    }
    const text = (i: number, reply: { status: number; code: string; text: string }) =>
      `request ${i} of ${allowed.get(i)} ms: ${reply.status} ${reply.code} ${reply.text}`;
    const answered = samples.filter(({ status }) => status === 0);
    // By the server's clock, too: the client that sends three times what the server can answer is late itself.
    const late = [...arrived].filter(([number, { came, answered }]) => {
      return answered !== undefined && answered > came + (allowed.get(number) ?? 0) + LATE_MS;
    });
    const odd = samples.filter(({ number, status, code }) => {
      const means = allowed.get(number + 1);
      if (means === undefined) return code !== "INVALID_PARAMETER";
      return means === 0 ? status !== 4 : status !== 0 && status !== 4 && code !== "OVERLOADED";
    });
    return [
      { what: "requests", got: samples.length, least: requests },
      { what: "searches begun", got: begun, least: requests / 20 },
      { what: "refusals and expiries", got: samples.length - answered.length, least: requests / 20 },
      never("searches begun after the deadline", begunLate),
      never(
        `answers later than the deadline and ${LATE_MS} ms`,
        late.map(
          ([number, { came, answered = 0 }]) =>
            `request ${number} of ${allowed.get(number)} ms after ${answered - came} ms`,
        ),
      ),
      never(
        "other ends than the deadline allows",
        odd.map((s) => text(s.number + 1, s)),
      ),
    ];
  },
};
