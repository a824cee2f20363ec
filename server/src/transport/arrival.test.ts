import { type ClientHttp2Session, connect } from "node:http2";
import { gzipSync } from "node:zlib";
import { create } from "@bufbuild/protobuf";
import { status as GrpcCode, Metadata } from "@grpc/grpc-js";
import {
  ErrorCode,
  SearchBatchResponseSchema,
  SearchResponseSchema,
  SearchService,
  SearchStreamResponseSchema,
} from "@maxsimd/proto";
import { afterEach, describe, expect, it } from "vitest";
import { type Probe, type ProbeHandlers, startProbe } from "../../testing/probe-listener.js";
import { detailOf } from "../../testing/raw-client.js";
import type { Limits } from "../config/limits.js";

// The promise: a call has its deadline and its share of memory from its headers on, whether or not its message ever comes whole.

const KIB = 1024;
const path = (name: string): string => `/${SearchService.typeName}/${name}`;
const [SEARCH, BATCH, STREAM] = [path("Search"), path("SearchBatch"), path("SearchStream")];
const NOTHING_HELD = { calls: 0, arriving: 0, messageBytes: 0, messagesWaiting: 0 };

const open: { probe: Probe; sessions: ClientHttp2Session[] }[] = [];
afterEach(async () => {
  for (const { probe, sessions } of open.splice(0)) {
    for (const session of sessions) session.destroy();
    await probe.listener.drain(0);
  }
});

const handlers: ProbeHandlers = {
  search: () => create(SearchResponseSchema),
  async *searchBatch() {
    yield create(SearchBatchResponseSchema);
  },
  async *searchStream(requests) {
    for await (const _ of requests) {
      yield create(SearchStreamResponseSchema);
    }
  },
};

interface Call {
  readonly ended: Promise<{ code: number; detail: ReturnType<typeof detailOf> }>;
  readonly write: (bytes: Buffer) => void;
  readonly end: () => void;
}

async function setUp(limits: Partial<Limits>, own: ProbeHandlers = {}): Promise<{ probe: Probe; peer: () => Peer }> {
  const probe = await startProbe({ ...handlers, ...own }, limits);
  const sessions: ClientHttp2Session[] = [];
  open.push({ probe, sessions });
  const peer = (): Peer => {
    const session = connect(`http://${probe.address}`);
    sessions.push(session);
    return { session, call: (to, headers) => callOn(session, to, headers) };
  };
  return { probe, peer };
}

interface Peer {
  readonly session: ClientHttp2Session;
  readonly call: (path: string, headers?: Record<string, string>) => Call;
}

function callOn(session: ClientHttp2Session, to: string, headers: Record<string, string> = {}): Call {
  const head = { ":method": "POST", ":path": to, "content-type": "application/grpc", te: "trailers" };
  const request = session.request({ ...head, ...headers });
  const ended = new Promise<{ code: number; detail: ReturnType<typeof detailOf> }>((resolve) => {
    const look = (received: Record<string, unknown>): void => {
      if (received["grpc-status"] !== undefined) {
        const metadata = new Metadata();
        const trailer = received["grpc-status-details-bin"];
        if (typeof trailer === "string") {
          metadata.set("grpc-status-details-bin", Buffer.from(trailer, "base64"));
        }
        resolve({ code: Number(received["grpc-status"]), detail: detailOf({ metadata }) });
      }
    };
    request
      .on("response", look)
      .on("trailers", look)
      .on("error", () => undefined)
      .resume();
  });
  return { ended, write: (bytes) => void request.write(bytes), end: () => void request.end() };
}

/** A message of zeros, whose length is `bytes`; without its last `missing` bytes. It parses. */
function message(bytes: number, missing = 0): Buffer {
  const framed = Buffer.alloc(5 + bytes);
  framed.writeUInt32BE(bytes, 1);
  // Field 1,000, of bytes: unknown, so it is kept and ignored.
  if (bytes > 8) {
    Buffer.from([0xc2, 0x3e]).copy(framed, 5);
    let rest = bytes - 6;
    for (let i = 0; i < 4; i++) {
      framed[7 + i] = (rest & 0x7f) | (i < 3 ? 0x80 : 0);
      rest >>= 7;
    }
  }
  return framed.subarray(0, framed.length - missing);
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) {
    await new Promise(setImmediate);
  }
}

describe("a message that lacks its last byte", () => {
  it.each([SEARCH, BATCH])("ends %s with its deadline, which runs from the headers", async (to) => {
    const { probe, peer } = await setUp({ messageMs: 60_000 });
    const call = peer().call(to, { "grpc-timeout": "50m" });
    call.write(message(100 * KIB, 1));
    const { code, detail } = await call.ended;
    expect(code).toBe(GrpcCode.DEADLINE_EXCEEDED);
    expect(detail).toMatchObject({ code: ErrorCode.DEADLINE_EXPIRED, got: "50 ms" });
    expect(probe.finished).toEqual([{ method: to.slice(1), code: GrpcCode.DEADLINE_EXCEEDED }]);
    await until(() => probe.intake.state.calls === 0);
    expect(probe.intake.state).toMatchObject(NOTHING_HELD);
  });

  it("ends a call with the default deadline if it sets none", async () => {
    const { peer } = await setUp({ deadlineMs: 30, messageMs: 60_000 });
    expect((await peer().call(SEARCH).ended).detail).toMatchObject({ code: ErrorCode.DEADLINE_EXPIRED, got: "30 ms" });
  });

  it.each([SEARCH, BATCH, STREAM])("ends %s after messageMs", async (to) => {
    const { probe, peer } = await setUp({ messageMs: 40 });
    const call = peer().call(to);
    call.write(message(100 * KIB, 1));
    const { code, detail } = await call.ended;
    expect(code).toBe(GrpcCode.RESOURCE_EXHAUSTED);
    expect(detail).toMatchObject({ code: ErrorCode.LIMIT_EXCEEDED, field: "messageMs", got: "1 bytes less" });
    call.end();
    await until(() => probe.intake.state.calls === 0);
    expect(probe.intake.state).toMatchObject(NOTHING_HELD);
  });

  it("does not end a stream that is idle between messages", async () => {
    const { peer } = await setUp({ messageMs: 20 });
    const call = peer().call(STREAM);
    call.write(message(0));
    await new Promise((resolve) => setTimeout(resolve, 60));
    call.write(message(100));
    call.end();
    expect((await call.ended).code).toBe(GrpcCode.OK);
  });

  it("does not end a stream whose handler has not asked for the message", async () => {
    let go: () => void = () => undefined;
    const asked = new Promise<void>((resolve) => {
      go = resolve;
    });
    const { probe, peer } = await setUp(
      { messageMs: 250 },
      {
        async *searchStream(requests) {
          for await (const _ of requests) {
            await asked;
            yield create(SearchStreamResponseSchema);
          }
        },
      },
    );
    const call = peer().call(STREAM);
    call.write(Buffer.concat([...Array(4).fill(message(0)), message(100, 1)]));
    await until(() => probe.intake.state.arriving === 1);
    await new Promise((resolve) => setTimeout(resolve, 700));
    go();
    call.write(Buffer.alloc(1));
    call.end();
    expect((await call.ended).code).toBe(GrpcCode.OK);
  });

  it("takes the time that arriving took from the deadline of the handler", async () => {
    let left = 0;
    const { probe, peer } = await setUp(
      {},
      {
        search: (_request, { deadline }) => {
          left = deadline - Date.now();
          return create(SearchResponseSchema);
        },
      },
    );
    const call = peer().call(SEARCH, { "grpc-timeout": "1S" });
    await until(() => probe.intake.state.arriving === 1);
    await new Promise((resolve) => setTimeout(resolve, 100));
    call.write(message(0));
    call.end();
    expect((await call.ended).code).toBe(GrpcCode.OK);
    expect(left).toBeLessThan(910);
  });
});

describe("the memory of messages", () => {
  const bytes = 200 * KIB;

  it.each(["messageBytes", "messageBytesPerPeer", "messageBytesPerConnection"])("is bounded by %s", async (limit) => {
    const { probe, peer } = await setUp({ [limit]: 2 * bytes });
    const attacker = peer();
    const calls = Array.from({ length: 10 }, (_, i) => attacker.call(i % 2 === 0 ? SEARCH : STREAM));
    for (const call of calls) {
      call.write(message(bytes, 1));
    }
    await until(() => probe.intake.state.messagesWaiting === 8);
    expect(probe.intake.state).toMatchObject({ arriving: 10, messageBytes: 2 * bytes });
    // Small messages pass in any case, and large ones of other connections if it is only this one that is full.
    const other = limit === "messageBytesPerConnection" ? bytes : 60 * KIB;
    const call = peer().call(SEARCH);
    call.write(message(other));
    call.end();
    expect((await call.ended).code).toBe(GrpcCode.OK);
    // All of them get their turn.
    for (const call of calls) {
      call.write(Buffer.alloc(1));
      call.end();
    }
    for (const { code } of await Promise.all(calls.map(({ ended }) => ended))) {
      expect(code).toBe(GrpcCode.OK);
    }
    await until(() => probe.intake.state.calls === 0);
    expect(probe.intake.state).toMatchObject(NOTHING_HELD);
  });

  it("is given back by a stream when it reads its next message", async () => {
    const { probe, peer } = await setUp({ messageBytesPerConnection: bytes });
    const call = peer().call(STREAM);
    for (let i = 0; i < 5; i++) {
      call.write(message(bytes));
    }
    call.end();
    expect((await call.ended).code).toBe(GrpcCode.OK);
    await until(() => probe.intake.state.calls === 0);
    expect(probe.intake.state).toMatchObject(NOTHING_HELD);
  });

  it("is given back when the peer leaves", async () => {
    const { probe, peer } = await setUp({ messageBytesPerConnection: 2 * bytes });
    const { session, call } = peer();
    for (let i = 0; i < 5; i++) {
      call(SEARCH).write(message(bytes, 1));
    }
    await until(() => probe.intake.state.messagesWaiting === 3);
    session.destroy();
    await until(() => probe.intake.state.calls === 0);
    expect(probe.intake.state).toMatchObject(NOTHING_HELD);
  });

  it("is reserved for what a compressed message may become", async () => {
    const { probe, peer } = await setUp({ requestBytes: bytes, messageBytes: bytes });
    const attacker = peer();
    const held = attacker.call(SEARCH);
    held.write(message(bytes, 1));
    await until(() => probe.intake.state.messageBytes === bytes);
    const zipped = gzipSync(message(bytes).subarray(5));
    const framed = Buffer.concat([Buffer.from([1, 0, 0, 0, 0]), zipped]);
    framed.writeUInt32BE(zipped.length, 1);
    const call = attacker.call(STREAM, { "grpc-encoding": "gzip" });
    call.write(Buffer.concat([framed, framed]));
    call.end();
    await until(() => probe.intake.state.messagesWaiting === 2);
    held.write(Buffer.alloc(1));
    held.end();
    expect((await call.ended).code).toBe(GrpcCode.OK);
    await until(() => probe.intake.state.calls === 0);
    expect(probe.intake.state).toMatchObject(NOTHING_HELD);
  });
});

it.each(["calls", "callsPerPeer"])("calls above %s are OVERLOADED, and those that are open go on", async (limit) => {
  const { probe, peer } = await setUp({ [limit]: 2 });
  const { call } = peer();
  const [first, second] = [call(STREAM), call(SEARCH)];
  await until(() => probe.intake.state.calls === 2);
  for (const to of [SEARCH, STREAM]) {
    const { code, detail } = await peer().call(to).ended;
    expect(code).toBe(GrpcCode.UNAVAILABLE);
    expect(detail).toMatchObject({ code: ErrorCode.OVERLOADED, field: limit, retryAfterMs: 1000 });
  }
  for (const call of [first, second]) {
    call.write(message(0));
    call.end();
    expect((await call.ended).code).toBe(GrpcCode.OK);
  }
});
