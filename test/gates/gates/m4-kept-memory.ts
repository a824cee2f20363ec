import { constants } from "node:http2";
import { AdminClient } from "@maxsimd/client";
import { toHalf } from "@maxsimd/native";
import { SearchService, SearchStreamRequestSchema } from "@maxsimd/proto";
import type { Figure, Gate } from "../gate.js";
import { heldBytes, WATCHED } from "../support/held-bytes.js";
import { DIM, INDEX, makeCatalog, PATIENT, SEARCH, searchRequest, tensorOf } from "../support/sample-catalog.js";
import { bytesOf, framed, pathOf, WireClient } from "../support/wire-client.js";

/** Operations of a kind before the memory is looked at first, and between two looks. */
const [WARM_UP, OPERATIONS] = [300, 600];
/** Upserts, each of which makes files and a version. */
const CHANGES = 400;
/** The looks; the least growth between two counts, since something may be made once at any time. */
const LOOKS = 4;
const VERSIONS = ["v1", "v2"];

type Operation = (i: number) => Promise<unknown>;

export const m4: Gate = {
  id: "M4",
  promise: "An operation that has ended leaves nothing in the server's memory.",
  place: "lane",
  bug: {
    what: "each connection has a timer of another length, as grpc-js has it",
    caughtBy: "bytes kept for each connection",
    edits: [
      {
        file: "server/src/transport/connection-age.ts",
        from: "const percent = 100 - SPREAD_PERCENT + Math.floor(Math.random() * (2 * SPREAD_PERCENT + 1));",
        to: "const percent = 100 - SPREAD_PERCENT + Math.random() * 2 * SPREAD_PERCENT;",
      },
      {
        file: "server/src/transport/connection-age.ts",
        from: '  session.once("close", () => clearTimeout(timer));',
        to: '  timer.unref();\n  session.once("close", () => clearTimeout(timer));',
      },
    ],
  },
  async run({ folder, serve }) {
    const attributes = Array.from({ length: 300 }, (_, i) => ({ id: `doc ${i}` }));
    const catalog = await makeCatalog(folder, { versions: VERSIONS, documents: 300, attributes });
    const args = [catalog.path, "--workers", "1", "--admin", "127.0.0.1:0", "--limit", "keptVersions=2", ...PATIENT];
    const server = await serve(args, WATCHED);
    const admin = new AdminClient(server.admin);
    const client = new WireClient(server.data);
    const query = catalog.queries[0] as Uint8Array;
    const request = searchRequest(query);
    const books = admin.collection(INDEX);
    const tokens = { data: toHalf(Float32Array.from({ length: DIM }, (_, i) => Math.sin(i + 1))), dim: DIM };
    const operations: Readonly<Record<string, readonly [Operation, number]>> = {
      search: [() => client.send(SEARCH, request), OPERATIONS],
      stream: [() => client.send(pathOf(SearchService.method.searchStream), streamMessage(query)), OPERATIONS],
      "request that does not parse": [() => client.send(SEARCH, Buffer.from("not a request")), OPERATIONS],
      "expired call": [() => client.send(SEARCH, request, { timeout: "1n" }), OPERATIONS],
      connection: [() => once(server.data, request), OPERATIONS],
      "cancelled call": [() => lose(server.data, request, "call"), OPERATIONS],
      "lost connection": [() => lose(server.data, request, "connection"), OPERATIONS],
      swap: [(i) => admin.swapIndex(INDEX, VERSIONS[i % 2] as string), OPERATIONS],
      upsert: [(i) => books.upsert([{ id: `new ${i % 7}`, tokens, tokenIds: [1] }]), CHANGES],
    };
    const figures: Figure[] = [];
    for (const [name, [operation, many]] of Object.entries(operations)) {
      const repeat = async (times: number): Promise<void> => {
        for (let i = 0; i < times; i++) await operation(i);
      };
      await repeat(Math.min(WARM_UP, many));
      const held: number[] = [];
      for (let look = 0; look < LOOKS; look++) {
        await repeat(many);
        held.push(await heldBytes(server));
      }
      const grown = held.slice(1).map((bytes, i) => bytes - (held[i] as number));
      const kept = Math.max(0, Math.min(...grown)) / many;
      figures.push({ what: `bytes kept for each ${name}`, got: kept, unit: "B", most: 24 });
    }
    client.close();
    admin.close();
    return figures;
  },
};

function streamMessage(query: Uint8Array): Buffer {
  const queries = { tokens: tensorOf(query), rowCounts: [query.byteLength / 2 / DIM] };
  return bytesOf(SearchStreamRequestSchema, { index: { index: INDEX }, queryIds: [1n], queries });
}

/** A search on a connection of its own. */
async function once(address: string, request: Buffer): Promise<void> {
  const client = new WireClient(address);
  await client.send(SEARCH, request);
  client.close();
}

/** Sends a search, and cancels the call or closes the connection at once. */
async function lose(address: string, request: Buffer, what: "call" | "connection"): Promise<void> {
  const client = new WireClient(address);
  const { stream, reply } = client.open(SEARCH);
  stream.end(framed(request));
  if (what === "call") stream.close(constants.NGHTTP2_CANCEL);
  else client.close();
  await reply;
  client.close();
}
