import { connect } from "node:net";
import { gzipSync } from "node:zlib";
import { callHeaders, FLAG, frame, PREFACE, settings, TYPE, uint32 } from "./http2-frames.js";
import { framed } from "./wire-client.js";

/** Milliseconds after which a connection that the server keeps open is closed from here. */
const PATIENCE_MS = 60;

/** What a fuzzed connection sends: a sound conversation with faults in it. */
export function fuzzedConnection(random: () => number, path: string, request: Buffer): Buffer {
  const whole = (below: number) => Math.floor(random() * below);
  const frames: Buffer[] = [frame(TYPE.SETTINGS, 0, 0, settings([4, whole(2) ? 65_535 : whole(2 ** 31)]))];
  for (let call = 0, calls = 1 + whole(4); call < calls; call++) {
    const stream = 2 * call + 1;
    const compressed = whole(2) === 1;
    const encoding: Record<string, string> = compressed
      ? { "grpc-encoding": ["gzip", "deflate", "identity"][whole(3)] as string }
      : {};
    const body = compressed ? gzipSync(request) : request;
    frames.push(frame(TYPE.HEADERS, FLAG.END_HEADERS, stream, callHeaders(path, encoding)));
    frames.push(
      frame(TYPE.DATA, whole(4) === 0 ? 0 : FLAG.END_STREAM, stream, framed(damaged(body, whole), compressed ? 1 : 0)),
    );
    if (whole(4) === 0) frames.push(frame(TYPE.RST_STREAM, 0, stream, uint32(whole(14))));
    if (whole(4) === 0) frames.push(frame(TYPE.WINDOW_UPDATE, 0, whole(2) * stream, uint32(whole(2 ** 31))));
  }
  if (whole(4) === 0) frames.push(frame(TYPE.PING, 0, 0, Buffer.alloc(8)));
  if (whole(8) === 0) frames.push(frame(TYPE.GOAWAY, 0, 0, Buffer.alloc(8)));
  for (let faults = whole(4); faults > 0; faults--) spoil(frames, whole);
  const bytes = Buffer.concat([PREFACE, ...frames]);
  return whole(6) === 0 ? bytes.subarray(0, whole(bytes.length)) : bytes;
}

/** Half of the messages with a few wrong bytes, or cut short. */
function damaged(body: Buffer, whole: (below: number) => number): Buffer {
  if (whole(2) === 0) return body;
  const bytes = Buffer.from(body);
  for (let i = 1 + whole(4); i > 0; i--) bytes[whole(bytes.length)] = whole(256);
  return whole(4) === 0 ? bytes.subarray(0, whole(bytes.length)) : bytes;
}

/** One fault in the frames: a byte of one, its place, its length, or another frame. */
function spoil(frames: Buffer[], whole: (below: number) => number): void {
  const at = whole(frames.length);
  const chosen = frames[at] as Buffer;
  const faults: (() => void)[] = [
    () => (chosen[whole(chosen.length)] = whole(256)),
    () => (chosen[whole(9)] = whole(256)),
    () => (chosen[3] = whole(12)),
    () => chosen.writeUInt32BE(whole(20), 5),
    () => chosen.writeUIntBE(whole(2 ** 24), 0, 3),
    () => frames.splice(at, 1),
    () => frames.splice(at, 0, chosen),
    () => frames.push(...frames.splice(at, 1)),
    () => frames.splice(at, 0, frame(whole(12), whole(256), whole(10), Buffer.alloc(whole(40), whole(256)))),
  ];
  faults[whole(faults.length)]?.();
  if (frames.length === 0) frames.push(chosen);
}

/** Sends bytes on a connection of its own, and resolves when it is over. */
export function sendRaw(address: string, bytes: Buffer): Promise<void> {
  const [host, port] = address.split(":") as [string, string];
  return new Promise((resolve) => {
    const socket = connect({ host, port: Number(port) });
    const timer = setTimeout(() => socket.destroy(), PATIENCE_MS);
    socket.on("error", () => undefined);
    socket.on("close", () => {
      clearTimeout(timer);
      resolve();
    });
    socket.resume();
    socket.write(bytes);
  });
}
