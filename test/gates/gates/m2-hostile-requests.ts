import { gzipSync } from "node:zlib";
import { type Dtype, SearchRequestSchema } from "@maxsimd/proto";
import { createRandom } from "../../support/served-file/sample.js";
import { type Gate, never } from "../gate.js";
import { figuresOf } from "../support/process-figures.js";
import { DIM, makeCatalog, SEARCH, searchRequest, tensorOf } from "../support/sample-catalog.js";
import { bytesOf, framed, type Reply, WireClient } from "../support/wire-client.js";

const REQUESTS = 100_000;
const AT_ONCE = 8;
const MIB = 1024 * 1024;
/** `requestBytes` of the server. */
const MESSAGE_LIMIT = 4 * MIB;

/** A frame to send, with its header `grpc-encoding`. */
interface Hostile {
  readonly bytes: Buffer;
  readonly encoding?: string;
}
type Maker = (random: () => number) => Hostile;

/** Whether a call ended as one may: with an answer, a typed error that is not a defect, or gRPC's own status for a limit of HTTP/2. */
function isTyped({ status, code }: Reply): boolean {
  return code === "" ? [0, 8, 12].includes(status) : code !== "INTERNAL";
}

function makers(query: Uint8Array): Readonly<Record<string, Maker>> {
  const sound = searchRequest(query);
  const bomb = framed(gzipSync(Buffer.alloc(64 * MIB)), 1);
  const tensor = tensorOf(query);
  const search = (changes: object): Hostile => ({
    bytes: framed(bytesOf(SearchRequestSchema, { query: { ...tensor, ...changes } })),
  });
  const params = (values: object): Hostile => ({
    bytes: framed(bytesOf(SearchRequestSchema, { query: tensor, params: values })),
  });
  const whole = (random: () => number, below: number) => Math.floor(random() * below);
  const number =
    (bits: number): Maker =>
    (random) => {
      const data = Uint8Array.from(query);
      new DataView(data.buffer).setUint16(2 * whole(random, data.length / 2), bits, true);
      return search({ data });
    };
  return {
    "a length of 4 GiB": () => ({ bytes: Buffer.concat([Buffer.of(0, 255, 255, 255, 255), sound]) }),
    "a length above the message": () => ({ bytes: Buffer.concat([Buffer.of(0, 0, 1, 0, 0), sound]) }),
    "bad gzip": () => ({ bytes: framed(sound, 1), encoding: "gzip" }),
    "an unknown encoding": () => ({ bytes: framed(sound, 1), encoding: "br" }),
    "wrong dim": (random) => search({ dim: whole(random, 2 ** 32) }),
    "wrong rows": (random) => search({ rows: whole(random, 2 ** 32) }),
    "a million rows": () => search({ rows: 1_000_000 }),
    "a million rows of zeros": () => search({ rows: 40_000, data: Buffer.alloc(40_000 * DIM * 2) }),
    "no rows": () => search({ rows: 0, data: Buffer.alloc(0) }),
    "an unknown dtype": (random) => search({ dtype: whole(random, 100) as Dtype }),
    "bytes cut short": (random) => search({ data: query.subarray(0, whole(random, query.length)) }),
    NaN: number(0x7e00),
    infinity: number(0xfc00),
    parameters: (random) =>
      params({ k: whole(random, 2 ** 32), kCentroids: whole(random, 2 ** 32), efSearch: whole(random, 2 ** 32) }),
    "odd floats": (random) => params({ alpha: [Number.NaN, Number.POSITIVE_INFINITY, -1][whole(random, 3)] as number }),
    noise: (random) => ({
      bytes: framed(Buffer.from(Array.from({ length: whole(random, 300) }, () => whole(random, 256)))),
    }),
    "wrong bytes": (random) => {
      const bytes = Buffer.from(sound);
      for (let i = 1 + whole(random, 6); i > 0; i--) bytes[whole(random, bytes.length)] = whole(random, 256);
      return { bytes: framed(bytes) };
    },
    // Last, and the rarest: each costs the server 4 MiB to find out.
    "a gzip bomb": () => ({ bytes: bomb, encoding: "gzip" }),
  };
}

export const m2: Gate = {
  id: "M2",
  promise: "A hostile request gets a typed error, and costs at most twice the message limit in memory.",
  place: "lane",
  bug: {
    what: "a message that does not decompress ends as a defect of the server, as grpc-js has it",
    caughtBy: "ends that are not typed",
    edits: [
      {
        file: "server/src/transport/received-messages.ts",
        from: 'throw toStatus(invalid("a message does not decompress", expected, "other bytes"));',
        to: "throw { code: 13, details: expected };",
      },
    ],
  },
  async run({ folder, serve, seed, count }) {
    const catalog = await makeCatalog(folder, { documents: 300 });
    const server = await serve([catalog.path, "--workers", "1", "--limit", "queueMs=30000"]);
    const random = createRandom(seed);
    const all = Object.entries(makers(catalog.queries[0] as Uint8Array));
    const requests = count(REQUESTS);
    const untyped: string[] = [];
    const kinds = new Set<string>();
    let sent = 0;
    const caller = async (until: number): Promise<void> => {
      let client = new WireClient(server.data);
      while (sent < until && server.isRunning) {
        sent += 1;
        const bombed = sent % 400 === 0;
        const [kind, make] = (bombed ? all.at(-1) : all[Math.floor(random() * (all.length - 1))]) as [string, Maker];
        const { bytes, encoding } = make(random);
        const headers = encoding === undefined ? {} : { "grpc-encoding": encoding };
        const { stream, reply } = client.open(SEARCH, { timeout: "20S", headers });
        stream.end(bytes);
        const ended = await reply;
        kinds.add(kind);
        if (!isTyped(ended)) untyped.push(`${kind}: ${ended.status} ${ended.code} ${ended.text}`);
        if (client.session.closed || client.session.destroyed) client = new WireClient(server.data);
      }
      client.close();
    };
    const callers = (until: number) => Promise.all(Array.from({ length: AT_ONCE }, () => caller(until)));
    await callers(Math.ceil(requests / 20));
    let peak = 0;
    const before = server.isRunning ? figuresOf(server.pid).anonymous : 0;
    const watch = setInterval(() => {
      if (server.isRunning) peak = Math.max(peak, figuresOf(server.pid).anonymous);
    }, 20);
    await callers(requests);
    clearInterval(watch);
    const perRequest = Math.max(0, peak - before) / AT_ONCE / MIB;
    return [
      { what: "requests", got: sent, least: requests },
      { what: "kinds of them", got: kinds.size, least: all.length },
      never("ends that are not typed", untyped),
      never("ends of the process", server.isRunning ? [] : [server.lines.at(-1) ?? ""]),
      { what: "most memory for each request at a time", got: perRequest, unit: "MiB", most: (2 * MESSAGE_LIMIT) / MIB },
    ];
  },
};
