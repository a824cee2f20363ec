import { createRandom } from "../../support/served-file/sample.js";
import { type Gate, never } from "../gate.js";
import { closedLoop, openLoop } from "../support/open-loop.js";
import { makeCatalog, SEARCH } from "../support/sample-catalog.js";
import { slowRequest } from "../support/slow-query.js";
import { median, percentile } from "../support/statistics.js";
import { WireClient } from "../support/wire-client.js";

const SEARCH_MS = 5;
const LOAD = 3;
const CONNECTIONS = 8;
/** Milliseconds that callers allow: some less than they would have to wait, some more. */
const DEADLINES = [15, 30, 60, 200];

export const o4: Gate = {
  id: "O4",
  promise:
    "Under excess load no worker is spent on callers who cannot be answered in time: goodput within deadlines stays at the peak.",
  place: "alone",
  bug: {
    what: "callers are admitted whose deadline passes before their turn",
    caughtBy: "answers in time, of the peak",
    edits: [
      {
        file: "server/src/admission/admission.ts",
        from: "    if (wait > Math.min(most, deadline - now)) {",
        to: "    if (wait > 40 * most) {",
      },
    ],
  },
  async run({ folder, serve, seed, count }) {
    const catalog = await makeCatalog(folder, { documents: 2000 });
    const server = await serve([catalog.path, "--workers", "1"]);
    const { request } = await slowRequest(server.data, catalog, SEARCH_MS);
    const clients = Array.from({ length: CONNECTIONS }, () => new WireClient(server.data));
    const random = createRandom(seed);
    const seconds = Math.max(3, count(20));
    const peak = () => closedLoop(4, seconds / 2, (i) => (clients[i] as WireClient).send(SEARCH, request));
    const before = await peak();
    const samples = await openLoop({
      rate: LOAD * before,
      seconds,
      random,
      clients,
      sendOne: (client, i) => client.send(SEARCH, request, { timeout: `${DEADLINES[i % DEADLINES.length]}m` }),
    });
    const after = await peak();
    for (const client of clients) client.close();
    const deadline = ({ number }: { number: number }) => DEADLINES[number % DEADLINES.length] as number;
    const inTime = samples.filter((sample) => sample.status === 0 && sample.ms <= deadline(sample) + 20);
    const refusals = samples.filter(({ code }) => code === "OVERLOADED").map(({ ms }) => ms);
    const other = samples.filter(({ status, code }) => status !== 0 && code !== "OVERLOADED" && status !== 4);
    return [
      {
        what: "answers in time, of the peak",
        got: (100 * inTime.length) / seconds / median([before, after]),
        unit: "%",
        least: 90,
      },
      { what: "p99 of refusals", got: percentile(refusals, 0.99), unit: "ms", most: 5 },
      never(
        "other ends than an answer, a refusal or the deadline",
        other.map((s) => `${s.status} ${s.text}`),
      ),
    ];
  },
};
