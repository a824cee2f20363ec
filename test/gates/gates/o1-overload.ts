import { createRandom } from "../../support/served-file/sample.js";
import { type Figure, type Gate, never } from "../gate.js";
import { closedLoop, openLoop, type Sample } from "../support/open-loop.js";
import { makeCatalog, SEARCH } from "../support/sample-catalog.js";
import { slowRequest } from "../support/slow-query.js";
import { median, percentile } from "../support/statistics.js";
import { WireClient } from "../support/wire-client.js";

/** Multiples of the capacity. */
const LOADS = [2, 5, 10];
/** Time of one search: it gives one worker a capacity that one client exceeds ten times over. */
const SEARCH_MS = 5;
const CONNECTIONS = 8;
/** Callers without a pause: enough to keep the worker busy, few enough that none is refused. */
const CALLERS = 4;

/** What the answers of a load say. */
function readingOf(samples: readonly Sample[], seconds: number): { goodput: number; p99: number; refusals: number[] } {
  const answered = samples.filter(({ status }) => status === 0);
  return {
    goodput: answered.length / seconds,
    p99: percentile(
      answered.map(({ fromDueMs }) => fromDueMs),
      0.99,
    ),
    refusals: samples.filter(({ code }) => code === "OVERLOADED").map(({ ms }) => ms),
  };
}

export const o1: Gate = {
  id: "O1",
  promise: "Under excess load accepted requests keep their latency, and the rest are refused within 5 ms.",
  place: "alone",
  bug: {
    what: "every request is admitted, however long it will wait",
    caughtBy: "5×: p99 of accepted to p99 at 80 %",
    edits: [
      {
        file: "server/src/admission/admission.ts",
        from: "    if (wait > Math.min(most, deadline - now)) {",
        to: "    if (wait > deadline - now) {",
      },
    ],
  },
  async run({ folder, serve, seed, long, count }) {
    const catalog = await makeCatalog(folder, { documents: 2000 });
    const server = await serve([catalog.path, "--workers", "1"]);
    const { request } = await slowRequest(server.data, catalog, SEARCH_MS);
    const clients = Array.from({ length: CONNECTIONS }, () => new WireClient(server.data));
    const random = createRandom(seed);
    const sendOne = (client: WireClient) => client.send(SEARCH, request);
    const seconds = long ? 60 : Math.max(2, count(10));
    const peak = () => closedLoop(CALLERS, seconds / 2, (i) => sendOne(clients[i] as WireClient));
    const load = async (rate: number, time: number) =>
      readingOf(await openLoop({ rate, seconds: time, random, clients, sendOne }), time);
    const figures: Figure[] = [];
    const other: string[] = [];
    for (const factor of LOADS) {
      // All that is compared was measured within one minute, because the machine may have other work at another time.
      const before = await peak();
      const usual = await load(0.8 * before, seconds);
      const samples = await openLoop({ rate: factor * before, seconds, random, clients, sendOne });
      const over = readingOf(samples, seconds);
      await new Promise((resolve) => setTimeout(resolve, 2000));
      const after = await peak();
      const later = await load(0.8 * before, seconds / 2);
      other.push(
        ...samples.filter((s) => s.status !== 0 && s.code !== "OVERLOADED").map((s) => `${s.status} ${s.text}`),
      );
      const best = median([before, after]);
      figures.push(
        { what: `${factor}×: goodput of peak`, got: (100 * over.goodput) / best, unit: "%", least: 90 },
        { what: `${factor}×: p99 of accepted to p99 at 80 %`, got: over.p99 / usual.p99, unit: "×", most: 2 },
        { what: `${factor}×: p99 of refusals`, got: percentile(over.refusals, 0.99), unit: "ms", most: 5 },
        { what: `${factor}×: 2 s later, p99 at 80 % to before`, got: later.p99 / usual.p99, unit: "×", most: 2 },
      );
    }
    figures.push(never("other ends than an answer or a refusal", other));
    for (const client of clients) client.close();
    return figures;
  },
};
