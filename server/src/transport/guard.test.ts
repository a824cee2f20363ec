import { connect, constants } from "node:http2";
import { createConnection } from "node:net";
import { promisify } from "node:util";
import { create, type DescService } from "@bufbuild/protobuf";
import { status as GrpcCode, type handleUnaryCall, Server, ServerCredentials } from "@grpc/grpc-js";
import {
  ErrorCode,
  SearchResponseSchema,
  SearchService,
  type SearchStreamRequest,
  SearchStreamResponseSchema,
} from "@maxsimd/proto";
import { afterEach, describe, expect, it } from "vitest";
import { type ProbeHandlers, startProbe } from "../../testing/probe-listener.js";
import { detailOf, errorOf, RawClient, readAll, statusOf } from "../../testing/raw-client.js";
import { accessOf, bearer, listOf, makeToken } from "../../testing/tokens.js";
import { limitsSchema } from "../config/limits.js";
import { guardCalls } from "./guard.js";
import { Intake } from "./intake.js";
import { Listener } from "./listener.js";
import { served } from "./served-service.js";

// The promise: a call is refused by its headers, before a message is read and whatever its shape; no method lacks a rule; and a call
// ends when its token does.

const { search, searchBatch, searchStream } = SearchService.method;
const ci = makeToken("ci", ["search"]);
const ops = makeToken("ops", ["admin"]);

const PREFACE = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
const [HEADERS, RST_STREAM, SETTINGS] = [1, 3, 4];
const END_HEADERS = 4;

/** A frame of HTTP/2. */
function frame(type: number, flags: number, stream: number, payload: Buffer): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

/** The headers of a search, and the reset of its stream. */
function resetStream(stream: number): Buffer {
  const headers = {
    ":method": "POST",
    ":scheme": "http",
    ":path": "/maxsimd.v1.SearchService/Search",
    ":authority": "a",
    "content-type": "application/grpc",
  };
  const text = (value: string) => Buffer.concat([Buffer.from([value.length]), Buffer.from(value)]);
  // Each as a literal without an index.
  const fields = Object.entries(headers).flatMap(([name, value]) => [Buffer.from([0]), text(name), text(value)]);
  return Buffer.concat([
    frame(HEADERS, END_HEADERS, stream, Buffer.concat(fields)),
    frame(RST_STREAM, 0, stream, Buffer.from([0, 0, 0, constants.NGHTTP2_INTERNAL_ERROR])),
  ]);
}

const open: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) {
    await close();
  }
});

async function setUp(handlers: ProbeHandlers, tokens = [ci, ops]) {
  const access = accessOf(...tokens);
  const probe = await startProbe(handlers, {}, access);
  const client = new RawClient(probe.address);
  open.push(async () => {
    client.close();
    await probe.listener.drain(0);
    access.close();
  });
  return { access, probe, client };
}

const answer = () => create(SearchResponseSchema);

/** A stream that answers nothing until its requests end. */
async function* reading(requests: AsyncIterable<SearchStreamRequest>): AsyncGenerator<never> {
  for await (const _ of requests);
  yield* [];
}

it("a listener with a method without a rule is not made", () => {
  const service = {
    ...SearchService,
    typeName: "maxsimd.v1.NewService",
    methods: [{ ...search, name: "Find", localName: "find" }],
  } as unknown as DescService;
  const unary = { defaultMs: 1, mostMs: 1 };
  const make = () =>
    new Listener({
      limits: limitsSchema.parse({}),
      observer: {} as never,
      intake: new Intake(limitsSchema.parse({})),
      tls: undefined,
      access: undefined,
      services: [served(service, { find: answer } as never, { unary, bidi: unary })],
    });
  expect(make).toThrow("no rule says who may call /maxsimd.v1.NewService/Find; add one to access/rules.ts");
});

describe("a call without a valid token", () => {
  it("reaches no handler, whatever its shape", async () => {
    let reached = 0;
    const reach = (): never => {
      reached++;
      throw new Error("reached");
    };
    const { client, probe } = await setUp({ search: reach, searchBatch: reach, searchStream: reach });
    for (const error of await Promise.all([
      errorOf(client.unary(search, {})),
      statusOf(client.serverStream(searchBatch, {})),
      statusOf(client.bidi(searchStream)),
    ])) {
      expect(error.code).toBe(GrpcCode.UNAUTHENTICATED);
      expect(detailOf(error)).toMatchObject({
        code: ErrorCode.UNAUTHENTICATED,
        field: "authorization",
        got: "no token",
      });
    }
    expect(reached).toBe(0);
    expect(probe.finished).toEqual([]);
    expect(probe.refusals.map(({ method, reason }) => [method, reason])).toEqual(
      [search, searchBatch, searchStream].map(({ name }) => [`maxsimd.v1.SearchService/${name}`, "no token"]),
    );
    expect(probe.refusals[0]?.peer).toMatch(/^127\.0\.0\.1:\d+$/);
  });

  it("is refused while its message is still to come, and its stream is closed", async () => {
    const { probe } = await setUp({ search: answer });
    const session = connect(`http://${probe.address}`);
    const stream = session.request({
      ":method": "POST",
      ":path": "/maxsimd.v1.SearchService/Search",
      "content-type": "application/grpc",
      te: "trailers",
    });
    // The beginning of a message of 4 MiB, of which no more comes.
    stream.write(Buffer.from([0, 0, 0x40, 0, 0]));
    stream.on("error", () => undefined);
    const headers = await new Promise<Record<string, unknown>>((resolve) => stream.once("response", resolve as never));
    expect(headers["grpc-status"]).toBe("16");
    await new Promise((resolve) => stream.once("close", resolve));
    expect(stream.rstCode).toBe(constants.NGHTTP2_NO_ERROR);
    session.close();
  });

  it("is refused though it sends more than flow control lets it", async () => {
    const { client } = await setUp({ searchStream: reading });
    const call = client.bidi(searchStream);
    const ended = statusOf(call);
    call.on("data", () => undefined);
    for (let i = 0; i < 64; i++) {
      call.write(Buffer.alloc(64 * 1024));
    }
    expect((await ended).code).toBe(GrpcCode.UNAUTHENTICATED);
  });

  it("does no harm when its peer resets it in the same packet, or is gone", async () => {
    const { client, probe } = await setUp({ search: answer });
    const [host, port] = probe.address.split(":");
    for (const leave of ["end", "destroy"] as const) {
      const socket = createConnection({ host: host as string, port: Number(port) });
      await new Promise((resolve) => socket.once("connect", resolve));
      socket.on("error", () => undefined).resume();
      const streams = Array.from({ length: 50 }, (_, i) => resetStream(2 * i + 1));
      socket.write(Buffer.concat([PREFACE, frame(SETTINGS, 0, 0, Buffer.alloc(0)), ...streams]));
      const closed = new Promise((resolve) => socket.once("close", resolve));
      socket[leave]();
      await closed;
      await client.unary(search, {}, bearer(ci));
    }
  });

  it("leaves the connection to others", async () => {
    const { client } = await setUp({ search: answer });
    await errorOf(client.unary(search, {}));
    await client.unary(search, {}, bearer(ci));
    await errorOf(client.unary(search, {}, { headers: { authorization: "Bearer x" } }));
    await client.unary(search, {}, bearer(ci));
  });
});

it("a call with a token without the scope is PERMISSION_DENIED, and the log learns whose it is", async () => {
  const { client, probe } = await setUp({ search: answer });
  const error = await errorOf(client.unary(search, {}, bearer(ops)));
  expect(error.code).toBe(GrpcCode.PERMISSION_DENIED);
  expect(detailOf(error)).toMatchObject({ code: ErrorCode.PERMISSION_DENIED, expected: "search", got: "admin" });
  expect(probe.refusals).toMatchObject([{ reason: "missing scope", caller: "ops", grpcCode: 7 }]);
});

it("the token goes no further than the check", async () => {
  const access = accessOf(ci);
  const server = new Server({ "grpc.enable_channelz": 0 });
  const asIs = (bytes: Buffer): Buffer => bytes;
  let seen: unknown;
  const handler: handleUnaryCall<Buffer, Buffer> = (call, callback) => {
    seen = call.metadata.getMap();
    callback(null, Buffer.alloc(0));
  };
  server.register("/maxsimd.v1.SearchService/Search", handler, asIs, asIs, "unary");
  guardCalls(server, access, () => undefined);
  const port = await promisify(server.bindAsync).call(server, "127.0.0.1:0", ServerCredentials.createInsecure());
  const client = new RawClient(`127.0.0.1:${port}`);
  await client.unary(search, {}, { headers: { ...bearer(ci).headers, other: "x" } });
  expect(seen).toMatchObject({ other: "x" });
  expect(seen).not.toHaveProperty("authorization");
  client.close();
  server.forceShutdown();
  access.close();
});

describe("an open stream", () => {
  it("ends when its token is taken out of the list; others go on", async () => {
    const other = makeToken("other", ["search"]);
    const { access, client, probe } = await setUp(
      {
        async *searchStream(requests) {
          for await (const _ of requests) yield create(SearchStreamResponseSchema);
        },
      },
      [ci, other],
    );
    const [lost, kept] = [client.bidi(searchStream, bearer(ci)), client.bidi(searchStream, bearer(other))] as const;
    const [lostAll, keptAll] = [readAll(lost), readAll(kept)];
    for (const call of [lost, kept]) {
      call.write({});
      await new Promise((resolve) => call.once("data", resolve));
    }
    access.replace(listOf(other));
    const { status, messages } = await lostAll;
    expect(status.code).toBe(GrpcCode.UNAUTHENTICATED);
    expect(detailOf(status)?.code).toBe(ErrorCode.UNAUTHENTICATED);
    expect(messages).toHaveLength(1);
    expect((await errorOf(client.unary(search, {}, bearer(ci)))).code).toBe(GrpcCode.UNAUTHENTICATED);
    kept.write({});
    kept.end();
    const { status: end, messages: answers } = await keptAll;
    expect([end.code, answers.length]).toEqual([GrpcCode.OK, 2]);
    expect(probe.finished.map(({ code }) => code)).toEqual([GrpcCode.UNAUTHENTICATED, GrpcCode.OK]);
  });

  it("ends when its token expires", async () => {
    const brief = makeToken("brief", ["search"], new Date(Date.now() + 300));
    const { client } = await setUp({ searchStream: reading }, [brief]);
    const { status } = await readAll(client.bidi(searchStream, bearer(brief)));
    expect(status.code).toBe(GrpcCode.UNAUTHENTICATED);
  });
});

it("a call whose token is revoked between its headers and its message is refused", async () => {
  let reached = 0;
  const { access, probe } = await setUp({
    search: () => {
      reached++;
      return answer();
    },
  });
  const session = connect(`http://${probe.address}`);
  const stream = session.request({
    ":method": "POST",
    ":path": "/maxsimd.v1.SearchService/Search",
    "content-type": "application/grpc",
    te: "trailers",
    authorization: `Bearer ${ci.token}`,
  });
  const response = new Promise<Record<string, unknown>>((resolve) => stream.once("response", resolve as never));
  // A ping is answered after the headers before it were read.
  await new Promise((resolve) => session.once("connect", resolve));
  stream.write(Buffer.from([0, 0]));
  await new Promise((resolve) => session.ping(resolve));
  access.replace(listOf(ops));
  stream.end(Buffer.from([0, 0, 0]));
  expect((await response)["grpc-status"]).toBe("16");
  expect(reached).toBe(0);
  stream.resume();
  session.close();
});
