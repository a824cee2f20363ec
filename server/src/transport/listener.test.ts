import { connect } from "node:http2";
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { Client, credentials, status as GrpcCode } from "@grpc/grpc-js";
import {
  ErrorCode,
  SearchBatchResponseSchema,
  SearchResponseSchema,
  SearchService,
  SearchStreamResponseSchema,
} from "@maxsimd/proto";
import { service as healthService } from "grpc-health-check";
import { afterEach, describe, expect, it } from "vitest";
import { type Probe, type ProbeHandlers, startProbe } from "../../testing/probe-listener.js";
import { detailOf, errorOf, RawClient, readAll, statusOf } from "../../testing/raw-client.js";
import type { Limits } from "../config/limits.js";
import { ServiceError } from "../errors/service-error.js";

const { search, searchBatch, searchStream } = SearchService.method;

const open: { probe: Probe; client: RawClient }[] = [];
async function setUp(
  handlers: ProbeHandlers,
  limits: Partial<Limits> = {},
): Promise<{ probe: Probe; client: RawClient }> {
  const probe = await startProbe(handlers, limits);
  const pair = { probe, client: new RawClient(probe.address) };
  open.push(pair);
  return pair;
}
afterEach(async () => {
  for (const { probe, client } of open.splice(0)) {
    client.close();
    await probe.listener.drain(0);
  }
});

/** Responses that never come: what a handler does before the first, and how it ends. */
async function* noResponses(act: () => Promise<unknown>): AsyncGenerator<never> {
  await act();
  yield* [];
}

/** Ends when the call is aborted, with the reason. */
function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason));
  });
}

describe("deadlines", () => {
  it.each(["597H", "2147484S", "99999999H"])(
    "does not end a call at once whose grpc-timeout is %s",
    async (timeout) => {
      // grpc-js would end the call by a timer of 1 ms, which fires before one of 2 ms that is set after it.
      const search = () =>
        new Promise<void>((resolve) => setTimeout(resolve, 2)).then(() => create(SearchResponseSchema));
      const { probe, client } = await setUp({ search });
      await rawSearch(probe.address, { "grpc-timeout": timeout });
      expect(probe.finished).toEqual([{ method: "maxsimd.v1.SearchService/Search", code: 0 }]);
      client.close();
    },
  );

  it("ends a call that sets none after the default, and shortens a longer one, typed", async () => {
    const { client } = await setUp(
      { search: (_request, { signal }) => untilAborted(signal) },
      { deadlineMs: 20, maxDeadlineMs: 40 },
    );
    for (const [options, milliseconds] of [
      [{}, 20],
      [{ deadline: Date.now() + 3_600_000 }, 40],
    ] as const) {
      const error = await errorOf(client.unary(search, {}, options));
      expect(error.code).toBe(GrpcCode.DEADLINE_EXCEEDED);
      expect(detailOf(error)).toMatchObject({ code: ErrorCode.DEADLINE_EXPIRED, got: `${milliseconds} ms` });
    }
  });

  it("refuses a grpc-timeout that does not parse", async () => {
    const { probe } = await setUp({ search: () => create(SearchResponseSchema) });
    await rawSearch(probe.address, { "grpc-timeout": "-5S" });
    expect(probe.finished).toEqual([{ method: "maxsimd.v1.SearchService/Search", code: GrpcCode.INVALID_ARGUMENT }]);
  });

  it("gives a stream as long as it likes", async () => {
    const deadlines: number[] = [];
    const { client } = await setUp({
      searchStream: (_requests, { deadline }) => {
        deadlines.push(deadline);
        return noResponses(() => Promise.resolve());
      },
    });
    const call = client.bidi(searchStream);
    call.end();
    expect((await readAll(call)).status.code).toBe(GrpcCode.OK);
    expect(deadlines).toEqual([Number.POSITIVE_INFINITY]);
  });
});

describe("errors", () => {
  it("reach the client typed: code, detail, and when to try again", async () => {
    const thrown = new ServiceError(ErrorCode.OVERLOADED, "full", {
      expected: "e",
      got: "g",
      field: "f",
      retryAfterMs: 7,
    });
    const { client } = await setUp({ search: () => Promise.reject(thrown) });
    const error = await errorOf(client.unary(search, {}));
    expect(error).toMatchObject({ code: GrpcCode.UNAVAILABLE, details: "full" });
    expect(detailOf(error)).toMatchObject({ code: ErrorCode.OVERLOADED, message: "full", field: "f", retryAfterMs: 7 });
    expect(error.metadata.get("grpc-retry-pushback-ms")).toEqual(["7"]);
  });

  it("of a defect say nothing to the client, and all to the log", async () => {
    const cause = new Error("secret");
    const fail = (): never => {
      throw cause;
    };
    const { probe, client } = await setUp({
      search: fail,
      searchBatch: () => noResponses(() => Promise.reject(cause)),
      searchStream: fail,
    });
    for (const error of await Promise.all([
      errorOf(client.unary(search, {})),
      statusOf(client.serverStream(searchBatch, {})),
      statusOf(client.bidi(searchStream)),
    ])) {
      expect(error.code).toBe(GrpcCode.INTERNAL);
      expect(error.details).not.toContain("secret");
      expect(detailOf(error)?.code).toBe(ErrorCode.INTERNAL);
    }
    expect(probe.failures).toEqual([cause, cause, cause]);
  });

  it("are typed for bytes that do not parse as a message", async () => {
    const { client } = await setUp({
      searchStream: (requests) => noResponses(() => requests[Symbol.asyncIterator]().next()),
    });
    const junk = Buffer.from([0x0a, 0xff, 0xff]);
    const call = client.bidi(searchStream);
    call.write(junk);
    for (const error of await Promise.all([
      errorOf(client.unary(search, junk)),
      statusOf(client.serverStream(searchBatch, junk)),
      statusOf(call),
    ])) {
      expect(error.code).toBe(GrpcCode.INVALID_ARGUMENT);
      expect(detailOf(error)).toMatchObject({
        code: ErrorCode.INVALID_PARAMETER,
        got: "3 bytes that do not parse as one",
      });
    }
  });
});

describe("limits", () => {
  it("refuses a message over the limit before it is decoded", async () => {
    const { client } = await setUp({ search: () => create(SearchResponseSchema) }, { requestBytes: 2048 });
    const error = await errorOf(client.unary(search, Buffer.alloc(4096)));
    expect(error.code).toBe(GrpcCode.RESOURCE_EXHAUSTED);
    expect(error.details).toContain("4096 vs 2048");
  });

  it("refuses headers over the limit", async () => {
    const { probe } = await setUp({ search: () => create(SearchResponseSchema) }, { headerListBytes: 1024 });
    await expect(rawSearch(probe.address, { "x-large": "a".repeat(2000) })).rejects.toThrow();
    expect(probe.finished).toEqual([]);
  });

  it("reads a message's bytes as a view on what was received", async () => {
    const seen: ArrayBufferLike[] = [];
    const { client } = await setUp({
      search: (request) => {
        seen.push(request.query?.data.buffer as ArrayBufferLike);
        return create(SearchResponseSchema);
      },
    });
    await client.unary(search, { query: { data: new Uint8Array(1000) } });
    expect(seen[0]?.byteLength).toBeGreaterThan(1000);
  });
});

describe("cancellation", () => {
  it("aborts the handler's signal, for each shape", async () => {
    const reasons: unknown[] = [];
    let begun = 0;
    let onBegun: () => void = () => undefined;
    let onAbort: () => void = () => undefined;
    const watch = (signal: AbortSignal): Promise<never> => {
      begun++;
      onBegun();
      signal.addEventListener("abort", () => {
        reasons.push(signal.reason);
        onAbort();
      });
      return untilAborted(signal);
    };
    const { client, probe } = await setUp({
      search: (_request, { signal }) => watch(signal),
      searchBatch: (_request, { signal }) => noResponses(() => watch(signal)),
      searchStream: (_requests, { signal }) => noResponses(() => watch(signal)),
    });
    const allBegun = new Promise<void>((resolve) => {
      onBegun = () => begun === 3 && resolve();
    });
    const allAborted = new Promise<void>((resolve) => {
      onAbort = () => reasons.length === 3 && resolve();
    });
    const unary = client.client.makeUnaryRequest(
      `/${SearchService.typeName}/Search`,
      (bytes: Buffer) => bytes,
      (bytes) => bytes,
      Buffer.alloc(0),
      () => undefined,
    );
    const calls = [client.serverStream(searchBatch, {}), client.bidi(searchStream)];
    for (const call of calls) {
      call.on("error", () => undefined);
    }
    await allBegun;
    for (const call of [unary, ...calls]) {
      call.cancel();
    }
    await allAborted;
    expect(reasons.map((reason) => (reason as ServiceError).code)).toEqual(Array(3).fill(ErrorCode.CANCELLED));
    await probe.listener.drain(10_000);
    expect(probe.finished.map(({ code }) => code)).toEqual(Array(3).fill(GrpcCode.CANCELLED));
  });
});

describe("backpressure", () => {
  const large: MessageInitShape<typeof SearchBatchResponseSchema> = {
    outcomes: [{ outcome: { case: "error", value: { message: "x".repeat(60_000) } } }],
  };

  it("asks a handler for no more than the client takes, and ends a stream whose client takes nothing", async () => {
    let asked = 0;
    const handlers: ProbeHandlers = {
      async *searchBatch() {
        for (; asked < 1000; asked++) {
          yield create(SearchBatchResponseSchema, large);
        }
      },
    };
    const { client, probe } = await setUp(handlers, { stallMs: 200 });
    const finish = probe.nextFinish();
    const stalled = client.serverStream(searchBatch, {});
    const status = statusOf(stalled);
    // grpc-js's client holds the connection back only from its first read on.
    stalled.once("data", () => stalled.pause());
    await finish;
    expect(probe.finished).toEqual([
      { method: "maxsimd.v1.SearchService/SearchBatch", code: GrpcCode.RESOURCE_EXHAUSTED },
    ]);
    expect(asked).toBeGreaterThan(0);
    expect(asked).toBeLessThan(60);
    stalled.resume();
    expect((await status).code).toBe(GrpcCode.RESOURCE_EXHAUSTED);
  });

  it("sends everything to a client that reads", async () => {
    const { client } = await setUp({
      async *searchBatch() {
        for (let sent = 0; sent < 1000; sent++) {
          yield create(SearchBatchResponseSchema, large);
        }
      },
    });
    const { messages, status } = await readAll(client.serverStream(searchBatch, {}));
    expect(status.code).toBe(GrpcCode.OK);
    expect(messages).toHaveLength(1000);
  });

  it("cuts off a peer that does not even take the status", async () => {
    const handlers: ProbeHandlers = {
      async *searchBatch() {
        for (;;) {
          yield create(SearchBatchResponseSchema, large);
        }
      },
    };
    const { probe } = await setUp(handlers, { stallMs: 50 });
    const session = connect(`http://${probe.address}`);
    const path = `/${SearchService.typeName}/SearchBatch`;
    const request = session.request({
      ":method": "POST",
      ":path": path,
      "content-type": "application/grpc",
      te: "trailers",
    });
    request.end(Buffer.alloc(5));
    // Never read from.
    const error = await new Promise<Error>((resolve) => request.once("error", resolve));
    expect(error.message).toContain("NGHTTP2_ENHANCE_YOUR_CALM");
    session.destroy();
  });

  it("reads no requests that a handler does not ask for", async () => {
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const { client, probe } = await setUp({
      search: () => create(SearchResponseSchema),
      async *searchStream(requests) {
        await held;
        for await (const _ of requests) {
          yield create(SearchStreamResponseSchema);
        }
      },
    });
    let written = 0;
    const call = client.bidi(searchStream);
    const all = readAll(call);
    const pumped = (async () => {
      for (; written < 200; written++) {
        await new Promise<void>((resolve) => {
          call.write({ queries: { tokens: { data: new Uint8Array(65_536) } } }, () => resolve());
        });
      }
      call.end();
    })();
    // Other calls are the clock: in the time of 100 of them, all 200 messages would be through.
    const clock = new RawClient(probe.address);
    for (let i = 0; i < 100; i++) {
      await clock.unary(search, {});
    }
    clock.close();

    expect(written).toBeLessThan(24);
    release();
    await pumped;
    const { messages, status } = await all;
    expect(status.code).toBe(GrpcCode.OK);
    expect(messages).toHaveLength(200);
  });
});

describe("draining", () => {
  it("refuses new calls, lets those that have begun end well, however long after, then closes", async () => {
    let begin: () => void = () => undefined;
    const begun = new Promise<void>((resolve) => {
      begin = resolve;
    });
    const { probe, client } = await setUp({
      search: async () => {
        begin();
        // Work that takes longer than the last frames of a drained connection are waited for.
        await new Promise((resolve) => setTimeout(resolve, 250));
        return create(SearchResponseSchema);
      },
    });
    const answer = client.unary(search, {});
    await begun;
    const drained = probe.listener.drain(10_000);
    expect((await errorOf(client.unary(search, {}))).code).toBe(GrpcCode.UNAVAILABLE);
    await answer;
    await drained;
    expect(probe.listener.activeCalls).toBe(0);
  });

  it("ends streams with UNAVAILABLE and SHUTTING_DOWN once what they accepted is answered", async () => {
    const { probe, client } = await setUp({
      async *searchStream(requests) {
        for await (const _ of requests) {
          yield create(SearchStreamResponseSchema);
        }
      },
    });
    const call = client.bidi(searchStream);
    const all = readAll(call);
    call.write({});
    await new Promise((resolve) => call.once("data", resolve));
    // Longer than the test may take: the stream must not wait for it.
    await probe.listener.drain(300_000);
    const { messages, status } = await all;
    expect(messages).toHaveLength(1);
    expect(status.code).toBe(GrpcCode.UNAVAILABLE);
    expect(detailOf(status)?.code).toBe(ErrorCode.SHUTTING_DOWN);
  });

  it("ends a stuck handler's call after the grace", async () => {
    let begin: () => void = () => undefined;
    const begun = new Promise<void>((resolve) => {
      begin = resolve;
    });
    const { probe, client } = await setUp({
      search: () => {
        begin();
        return new Promise(() => undefined);
      },
    });
    const error = errorOf(client.unary(search, {}));
    await begun;
    await probe.listener.drain(20);
    expect(detailOf(await error)?.code).toBe(ErrorCode.SHUTTING_DOWN);
  });

  it("closes after the grace although a stream's handler is stuck", async () => {
    let begin: () => void = () => undefined;
    const begun = new Promise<void>((resolve) => {
      begin = resolve;
    });
    const { probe, client } = await setUp({
      searchBatch: () =>
        noResponses(() => {
          begin();
          return new Promise(() => undefined);
        }),
    });
    const status = statusOf(client.serverStream(searchBatch, {}));
    await begun;
    await probe.listener.drain(20);
    expect((await status).code).toBe(GrpcCode.UNAVAILABLE);
  });
});

describe("health", () => {
  it("says of the server and each service whether it serves, and not while draining", async () => {
    const { probe } = await setUp({});
    const health = new Client(probe.address, credentials.createInsecure());
    const check = healthService["Check"]!;
    const ask = (service: string): Promise<unknown> =>
      new Promise((resolve, reject) => {
        const { path, requestSerialize, responseDeserialize } = check;
        health.makeUnaryRequest(path, requestSerialize, responseDeserialize, { service }, (error, response) =>
          error === null ? resolve((response as { status: string }).status) : reject(error),
        );
      });
    expect(await ask("")).toBe("SERVING");
    expect(await ask(SearchService.typeName)).toBe("SERVING");
    await expect(ask("nothing")).rejects.toMatchObject({ code: GrpcCode.NOT_FOUND });
    probe.listener.setServing(false);
    expect(await ask("")).toBe("NOT_SERVING");
    probe.listener.setServing(true);
    const watch = healthService["Watch"]!;
    const call = health.makeServerStreamRequest(watch.path, watch.requestSerialize, watch.responseDeserialize, {
      service: "",
    });
    const seen: string[] = [];
    call.on("data", ({ status }: { status: string }) => seen.push(status));
    call.on("error", () => undefined);
    await new Promise((resolve) => call.once("data", resolve));
    const ended = new Promise((resolve) => call.on("status", resolve));
    await probe.listener.drain(1000);
    await ended;
    expect(seen).toEqual(["SERVING", "NOT_SERVING"]);
    health.close();
  });
});

/** A Search over plain HTTP/2, for headers that grpc-js would not send. Resolves at the end of the answer. */
async function rawSearch(address: string, headers: Record<string, string>): Promise<void> {
  const session = connect(`http://${address}`);
  try {
    // The server's limits hold once it knows that they were seen: a PING behind them is answered then.
    await new Promise((resolve) => session.once("remoteSettings", resolve));
    await new Promise((resolve) => session.ping(resolve));
    await new Promise<void>((resolve, reject) => {
      const request = session.request({
        ":method": "POST",
        ":path": `/${SearchService.typeName}/Search`,
        "content-type": "application/grpc",
        te: "trailers",
        ...headers,
      });
      request.on("error", reject);
      request.on("end", resolve);
      request.resume();
      // An empty message: no compression, length 0.
      request.end(Buffer.alloc(5));
    });
  } finally {
    session.destroy();
  }
}
