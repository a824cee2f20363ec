import { createRandom } from "../../support/served-file/sample.js";
import { type Gate, never } from "../gate.js";
import { fuzzedConnection, sendRaw } from "../support/frame-fuzz.js";
import { makeCatalog, SEARCH, searchRequest } from "../support/sample-catalog.js";
import { WireClient } from "../support/wire-client.js";

const CONNECTIONS = 40_000;
/** At a time; below the connections that one peer may have. */
const AT_ONCE = 12;
/** Connections between two looks whether an honest client is answered. */
const ROUND = 500;

export const h1: Gate = {
  id: "H1",
  promise: "No sequence of HTTP/2 frames ends the process, or keeps it from answering others.",
  place: "lane",
  bug: {
    what: "grpc-js 1.14.3, with CVE-2026-48069",
    caughtBy: "ends of the process",
    packages: { "@grpc/grpc-js": "1.14.3" },
  },
  async run({ folder, serve, seed, count }) {
    const catalog = await makeCatalog(folder, { documents: 300 });
    const server = await serve([catalog.path, "--workers", "1"]);
    const request = searchRequest(catalog.queries[0] as Uint8Array);
    const random = createRandom(seed);
    const connections = count(CONNECTIONS);
    const unanswered: string[] = [];
    let sent = 0;
    const fuzz = async (until: number): Promise<void> => {
      while (sent < until && server.isRunning) {
        sent += 1;
        await sendRaw(server.data, fuzzedConnection(random, SEARCH, request));
      }
    };
    while (sent < connections && server.isRunning) {
      const until = Math.min(connections, sent + ROUND);
      await Promise.all(Array.from({ length: AT_ONCE }, () => fuzz(until)));
      const client = new WireClient(server.data);
      const { status, text } = await client.send(SEARCH, request);
      client.close();
      if (status !== 0 && server.isRunning) unanswered.push(`after ${sent} connections: ${status} ${text}`);
    }
    const ended = server.isRunning ? [] : [`the server ended after ${sent} connections: ${server.lines.at(-1)}`];
    return [
      { what: "connections", got: sent, least: ended.length > 0 ? 1 : connections },
      never("ends of the process", ended),
      never("honest searches without an answer", unanswered),
    ];
  },
};
