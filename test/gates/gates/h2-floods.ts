import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createRandom } from "../../support/served-file/sample.js";
import { type Figure, type Gate, never } from "../gate.js";
import { runNode } from "../support/child-process.js";
import { openLoop } from "../support/open-loop.js";
import { makeCatalog, SEARCH } from "../support/sample-catalog.js";
import { slowRequest } from "../support/slow-query.js";
import { median, percentile } from "../support/statistics.js";
import { WireClient } from "../support/wire-client.js";

const KINDS = ["rapid-reset", "continuation", "ping", "settings", "tiny-windows", "slow-headers"];
const SECONDS = 5;
const RATE = 40;
const SEARCH_MS = 5;
const QUEUE_MS = 50;
const FLOOD = fileURLToPath(new URL("../support/flood.js", import.meta.url));

export const h2: Gate = {
  id: "H2",
  promise: "A peer that floods a server with HTTP/2 frames neither ends it nor takes its time from others.",
  place: "alone",
  bug: {
    what: "every request is admitted, however long it will wait",
    caughtBy: "queries admitted at a time",
    edits: [
      {
        file: "server/src/admission/admission.ts",
        from: "    if (wait > Math.min(most, deadline - now)) {",
        to: "    if (wait > deadline - now) {",
      },
    ],
  },
  async run({ folder, serve, seed }) {
    const catalog = await makeCatalog(folder, { documents: 2000 });
    const server = await serve([
      catalog.path,
      "--workers",
      "1",
      "--metrics",
      "127.0.0.1:0",
      "--limit",
      `queueMs=${QUEUE_MS}`,
    ]);
    const { request, ms: searchMs } = await slowRequest(server.data, catalog, SEARCH_MS);
    const file = join(folder, "request");
    writeFileSync(file, request);
    const random = createRandom(seed);
    const failed: string[] = [];
    const latency = async (): Promise<number> => {
      // A new connection: a caller that comes during a flood has to be let in, too.
      const client = new WireClient(server.data);
      const loop = { rate: RATE, seconds: SECONDS, random, clients: [client] };
      const samples = await openLoop({ ...loop, sendOne: (to) => to.send(SEARCH, request) });
      client.close();
      failed.push(
        ...samples.filter((s) => s.status !== 0 && s.code !== "OVERLOADED").map((s) => `${s.status} ${s.text}`),
      );
      return percentile(
        samples.filter(({ status }) => status === 0).map(({ fromDueMs }) => fromDueMs),
        0.99,
      );
    };
    await latency();
    const figures: Figure[] = [];
    let admitted = 0;
    for (const kind of KINDS) {
      const before = await latency();
      const watch = setInterval(() => {
        server.metric("maxsimd_queries_admitted").then(
          (value) => {
            admitted = Math.max(admitted, value);
          },
          () => undefined,
        );
      }, 100);
      const [during] = await Promise.all([latency(), runNode([FLOOD, server.data, kind, String(SECONDS + 1), file])]);
      clearInterval(watch);
      const after = await latency();
      figures.push({
        what: `${kind}: p99 of honest searches to before`,
        got: during / median([before, after]),
        unit: "×",
        most: 3,
      });
      if (!server.isRunning) break;
    }
    return [
      ...figures,
      never("ends of the process", server.isRunning ? [] : [server.lines.at(-1) ?? ""]),
      never("failed honest searches", failed),
      // What can begin within queueMs, one that runs, and one that is always admitted.
      {
        what: "queries admitted at a time",
        got: admitted,
        most: Math.ceil(QUEUE_MS / Math.min(searchMs, SEARCH_MS)) + 2,
      },
    ];
  },
};
