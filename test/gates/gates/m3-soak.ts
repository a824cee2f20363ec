import { constants } from "node:http2";
import { AdminClient } from "@maxsimd/client";
import { createRandom } from "../../support/served-file/sample.js";
import { type Gate, never } from "../gate.js";
import { heldBytes, WATCHED } from "../support/held-bytes.js";
import { figuresOf } from "../support/process-figures.js";
import { INDEX, makeCatalog, PATIENT, type SampleCatalog, SEARCH, searchRequest } from "../support/sample-catalog.js";
import type { ServerProcess } from "../support/server-process.js";
import { median, slope } from "../support/statistics.js";
import { answersAlone, VerifiedLoad } from "../support/verified-load.js";
import { framed, WireClient } from "../support/wire-client.js";

const VERSIONS = ["v1", "v2"];
const MINUTES = { short: 10, long: 8 * 60 };
/** Share of the time before memory is looked at. */
const WARM_UP = 0.3;
/** Looks at the memory. */
const LOOKS = 60;
const MB = 1e6;

export const m3: Gate = {
  id: "M3",
  promise: "A server that searches, swaps, refuses and loses callers for hours holds no more memory, files or threads.",
  place: "background",
  bug: {
    what: "each search leaves 64 KiB behind",
    caughtBy: "growth of the least anonymous memory",
    edits: [
      {
        file: "server/src/services/search.ts",
        from: "  const lease = deps.catalog.acquire(request.index?.index",
        to: "  ((globalThis as { kept?: unknown[] }).kept ??= []).push(Buffer.alloc(65_536, 1));\n  const lease = deps.catalog.acquire(request.index?.index",
      },
    ],
  },
  async run(context) {
    const catalog = await makeCatalog(context.folder, { versions: VERSIONS, documents: 300 });
    const server = await context.serve([catalog.path, "--workers", "2", "--admin", "127.0.0.1:0", ...PATIENT], WATCHED);
    const admin = new AdminClient(server.admin);
    const swap = (version: string) => admin.swapIndex(INDEX, version);
    const answers = await answersAlone(server.data, catalog.queries, VERSIONS, swap);
    const seconds = 60 * context.count(context.long ? MINUTES.long : MINUTES.short);
    const end = performance.now() + seconds * 1000;
    const began = performance.now();
    const done = () => performance.now() >= end;
    const load = new VerifiedLoad(server.data, catalog.queries, answers);
    const lost: string[] = [];
    const others = [load.run(done, { unary: 1, batch: 0, stream: 0 }), disturb(server, catalog, done, lost)];
    const points: { hours: number; held: number; files: number; threads: number }[] = [];
    const resident: number[] = [];
    for (let look = 0; look < LOOKS; look++) {
      await until(began + ((look + 1) * seconds * 1000) / LOOKS);
      await swap(VERSIONS[look % 2] as string);
      const held = await heldBytes(server);
      const { files, threads, anonymous } = figuresOf(server.pid);
      points.push({ hours: (performance.now() - began) / 3_600_000, held, files, threads });
      resident.push(anonymous);
    }
    await Promise.all(others);
    admin.close();
    const late = points.slice(Math.floor(WARM_UP * LOOKS));
    const third = Math.floor(late.length / 3);
    const change = (field: "files" | "threads") =>
      median(late.slice(-third).map((p) => p[field])) - median(late.slice(0, third).map((p) => p[field]));
    const [first, last] = [resident.slice(Math.floor(WARM_UP * LOOKS)).slice(0, third), resident.slice(-third)];
    return [
      { what: "searches", got: load.answered, least: seconds },
      {
        what: "slope of memory after collections",
        got: slope(late.map(({ hours, held }) => [hours, held / MB])),
        unit: "MB/h",
        most: 1,
      },
      // Between two collections anonymous memory moves by 10 MB, so its slope says nothing in minutes.
      {
        what: "growth of the least anonymous memory",
        got: (Math.min(...last) - Math.min(...first)) / MB,
        unit: "MB",
        most: 10,
      },
      { what: "more open files", got: change("files"), most: 0 },
      { what: "more threads", got: change("threads"), most: 0 },
      never("failed searches", load.failed),
      never("wrong answers", load.wrong),
      never("connections that the server ended", lost),
    ];
  },
};

/** Calls that are cancelled, refused, or made on connections that are lost, a few each second. */
async function disturb(
  server: ServerProcess,
  catalog: SampleCatalog,
  done: () => boolean,
  lost: string[],
): Promise<void> {
  const random = createRandom(1);
  const request = searchRequest(catalog.queries[0] as Uint8Array);
  while (!done()) {
    const client = new WireClient(server.data);
    const first = await client.send(SEARCH, Buffer.from("not a request"));
    const second = await client.send(SEARCH, request, { timeout: "1n" });
    if (client.session.destroyed) {
      lost.push(`${first.text}; ${second.text}; ${server.lines.at(-1)}`);
    } else {
      const { stream, reply } = client.open(SEARCH);
      stream.end(framed(request));
      if (random() < 0.5) stream.close(constants.NGHTTP2_CANCEL);
      else client.close();
      await reply;
      client.close();
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

function until(moment: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.max(0, moment - performance.now())));
}
