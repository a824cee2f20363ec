import { once } from "node:events";
import { create } from "@bufbuild/protobuf";
import { status as GrpcStatus } from "@grpc/grpc-js";
import { ErrorCode, type SearchStreamRequest, SearchStreamResponseSchema } from "@maxsimd/proto";
import { afterEach, describe, expect, it } from "vitest";
import {
  DOCUMENTS,
  failedOutcome,
  failure,
  NaiveServer,
  type NaiveServerOptions,
  outcome,
  type StreamHandle,
} from "../../peer/naive-server.js";
import { MaxsimClient } from "../client.js";
import type { ClientOptions } from "../options.js";
import type { Outcome } from "../search/outcome.js";
import type { StreamQuery } from "./stream-query.js";

const open: { stop?(): void; close?(): void }[] = [];

afterEach(() => {
  for (const each of open.splice(0)) {
    each.close?.();
    each.stop?.();
  }
});

async function serve(options?: NaiveServerOptions): Promise<NaiveServer> {
  const server = await NaiveServer.start(options);
  open.push(server);
  return server;
}

function connect(server: { address: string }, options?: ClientOptions): MaxsimClient {
  const client = new MaxsimClient(server.address, options);
  open.push(client);
  return client;
}

function queries(count: number, rows = 1): StreamQuery<number>[] {
  return Array.from({ length: count }, (_, id) => ({
    id,
    query: Array.from({ length: rows }, () => [Math.cos(id), Math.sin(id)]),
  }));
}

async function collect<T>(outcomes: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const outcome of outcomes) all.push(outcome);
  return all;
}

const ids = (outcomes: Outcome<number>[]) => outcomes.map(({ id }) => id).sort((a, b) => a - b);

const upTo = (count: number) => Array.from({ length: count }, (_, i) => i);

/** Lets everything that is ready to happen happen: some turns of the event loop, no time. */
async function settle(turns = 50): Promise<void> {
  for (let i = 0; i < turns; i++) await new Promise((resolve) => setImmediate(resolve));
}

/** Waits, turn by turn, for what is bound to happen; the test's own time limit ends it. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}

/** Answers each message, as the naive server does, while `take` says so. */
function answering(server: () => NaiveServer, take: (call: StreamHandle, message: SearchStreamRequest) => boolean) {
  return (call: StreamHandle) => {
    call.on("error", () => undefined);
    call.on("data", (message: SearchStreamRequest) => {
      if (take(call, message)) call.write(server().respond(message));
    });
    call.on("end", () => call.end());
  };
}

describe("searchStream", () => {
  it("answers every query once, with the caller's own id and the version that answered", async () => {
    const client = connect(await serve());
    const first = { any: "thing" };
    const second = Symbol("second");
    const outcomes = await collect(
      client.searchStream<unknown>([
        { id: first, query: [[1, 0]] },
        { id: second, query: { data: Float32Array.of(-1, 0), dim: 2 } },
        { query: [[0, 1]] },
      ]),
    );
    expect(outcomes.map(({ id }) => id)).toEqual([first, second, 2]);
    expect(outcomes.map(({ hits }) => hits?.[0])).toEqual([
      { docId: 0, score: 1 },
      { docId: 1, score: 1 },
      { docId: 0, score: 1 },
    ]);
    expect(outcomes[0]?.indexVersion).toEqual({ index: "papers", version: "1", digest: "digest of 1" });
  });

  it("makes no call for a source without queries", async () => {
    const server = await serve();
    expect(await collect(connect(server).searchStream([]))).toEqual([]);
    expect(server.streams).toBe(0);
  });

  it("packs what is waiting into messages of 64 KiB of vectors", async () => {
    const server = await serve();
    // 2,048 rows of 2 binary16 elements are 8 KiB: eight to a message.
    const outcomes = await collect(connect(server).searchStream(queries(20, 2048)));
    expect(ids(outcomes)).toEqual(upTo(20));
    expect(server.messages.map(({ queryIds }) => queryIds.length)).toEqual([8, 8, 4]);
  });

  it("sends a single query at once: a source may wait for one answer before it asks the next", async () => {
    const server = await serve();
    let answered: () => void = () => undefined;
    async function* dialogue() {
      for (const query of queries(3)) {
        const answer = new Promise<void>((resolve) => {
          answered = resolve;
        });
        yield query;
        await answer;
      }
    }
    let count = 0;
    for await (const outcome of connect(server).searchStream(dialogue())) {
      expect(outcome.error).toBeUndefined();
      count += 1;
      answered();
    }
    expect(count).toBe(3);
    expect(server.messages.map(({ queryIds }) => queryIds.length)).toEqual([1, 1, 1]);
  });

  it("does not read the source ahead of the window, whether the server or the consumer is slow", async () => {
    const calls: StreamHandle[] = [];
    const server: NaiveServer = await serve({ onStream: (call) => calls.push(call.on("error", () => undefined)) });
    let pulled = 0;
    function* counted() {
      for (const query of queries(100)) {
        pulled += 1;
        yield query;
      }
    }
    const stream = connect(server).searchStream(counted(), { window: 4 });
    const first = stream.next();
    await until(() => server.messages.length === 1);
    await settle();
    expect(pulled).toBe(4);

    calls[0]?.write(server.respond(server.messages[0] as SearchStreamRequest));
    await first;
    await settle();
    expect(pulled).toBe(4); // the consumer has one of the four and has not come back for the next
    await stream.next();
    await settle();
    expect(pulled).toBe(5);
    await stream.return?.();
  });

  it("stops reading when the consumer is slow, so that the server is held back", async () => {
    const total = 400;
    let written = 0;
    const answer = await NaiveServer.start({ documents: Array.from({ length: 8_000 }, () => [[1, 0]]) });
    open.push(answer);
    const hits = answer.hits([[1, 0]], 8_000); // about 50 KB a message
    const server: NaiveServer = await serve({
      onStream: (call) => {
        call.on("error", () => undefined);
        call.on("data", async (message: SearchStreamRequest) => {
          for (const id of message.queryIds) {
            const more = call.write(create(SearchStreamResponseSchema, { outcomes: [outcome(id, hits)] }));
            written += 1;
            // As a server does that computes no answer before the one before it has left.
            if (!more) await once(call, "drain");
          }
        });
      },
    });
    const stream = connect(server).searchStream(queries(total), { window: total });
    await stream.next();
    await settle(500);
    expect(written).toBeLessThan(100);
    await stream.return?.();
  });

  it("gives a query that fails as an outcome, on either side of the wire, and goes on", async () => {
    const server: NaiveServer = await serve({
      onStream: answering(
        () => server,
        (call, message) => {
          const response = server.respond(message);
          response.outcomes[1] = failedOutcome(message.queryIds[1] as bigint, ErrorCode.NON_FINITE, "element 0 is NaN");
          call.write(response);
          return false;
        },
      ),
    });
    const mixed = [
      ...queries(3),
      { id: 3, query: [[Number.NaN, 0]] },
      { id: 4, query: [] },
      { id: 5, query: [[1, 1]] },
    ];
    const outcomes = await collect(connect(server).searchStream(mixed));
    const errors = Object.fromEntries(outcomes.map(({ id, error }) => [id, error?.code]));
    expect(errors).toEqual({
      0: undefined,
      1: "NON_FINITE",
      2: undefined,
      3: "NON_FINITE",
      4: "EMPTY_QUERY",
      5: undefined,
    });
    expect(outcomes.find(({ id }) => id === 1)?.error?.message).toBe("element 0 is NaN");
    expect(outcomes.find(({ id }) => id === 1)?.indexVersion?.version).toBe("1");
    expect(server.messages.flatMap(({ queryIds }) => queryIds)).toHaveLength(4);
  });

  it("sends index and parameters when they change, and takes an override back", async () => {
    const server = await serve();
    const [a, b, c, d] = queries(4) as [
      StreamQuery<number>,
      StreamQuery<number>,
      StreamQuery<number>,
      StreamQuery<number>,
    ];
    const source = [a, { ...b, params: { k: 1, beta: 7 } }, { ...c, params: { k: 1, beta: 7 } }, d];
    const outcomes = await collect(
      connect(server).searchStream(source, { index: "papers", version: "1", params: { k: 2, alpha: null } }),
    );
    expect(outcomes.map(({ hits }) => hits?.length)).toEqual([2, 1, 1, 2]);
    const sent = server.messages.map(({ queryIds, index, params }) => [
      queryIds.length,
      index?.index,
      params?.k,
      params?.alpha,
      params?.beta,
    ]);
    const all = Number.POSITIVE_INFINITY;
    expect(sent).toEqual([
      [1, "papers", 2, all, undefined],
      [2, undefined, 1, all, 7],
      [1, undefined, 2, all, undefined],
    ]);
  });

  it("keeps queries of another dim out of a message", async () => {
    const server = await serve({ onStream: (call) => call.on("error", () => undefined) });
    const stream = connect(server).searchStream([{ query: [[1, 0]] }, { query: [[1, 0, 0]] }]);
    stream.next().catch(() => undefined);
    await until(() => server.messages.length === 2);
    expect(server.messages.map(({ queries }) => queries?.tokens?.dim)).toEqual([2, 3]);
    await stream.return?.();
  });

  it("cancels the call and releases the source when the consumer leaves", async () => {
    let cancelled = false;
    let released = false;
    const server: NaiveServer = await serve({
      onStream: (call) => {
        call.on("cancelled", () => {
          cancelled = true;
        });
        answering(
          () => server,
          () => true,
        )(call);
      },
    });
    async function* endless() {
      try {
        for (;;) yield { query: [[1, 0]] };
      } finally {
        released = true;
      }
    }
    for await (const outcome of connect(server).searchStream(endless())) {
      if (outcome.id === 20) break;
    }
    await until(() => cancelled && released);
  });

  it("ends a next that waits when it is returned meanwhile", async () => {
    const server = await serve({ onStream: (call) => call.on("error", () => undefined) });
    const stream = connect(server).searchStream(queries(1));
    const next = stream.next();
    await until(() => server.messages.length === 1);
    await stream.return?.();
    expect(await next).toEqual({ done: true, value: undefined });
  });

  it("fails with CANCELLED and cancels the call when the signal aborts", async () => {
    let cancelled = false;
    const server = await serve({
      onStream: (call) =>
        call
          .on("error", () => undefined)
          .on("cancelled", () => {
            cancelled = true;
          }),
    });
    const controller = new AbortController();
    const stream = connect(server).searchStream(queries(3), { signal: controller.signal });
    const next = stream.next();
    await until(() => server.messages.length === 1);
    controller.abort();
    await expect(next).rejects.toMatchObject({ code: "CANCELLED", cause: controller.signal.reason });
    await until(() => cancelled);
    await expect(collect(connect(server).searchStream([], { signal: controller.signal }))).rejects.toMatchObject({
      code: "CANCELLED",
    });
  });

  it("hands on what the source throws, after the outcomes that are there", async () => {
    const client = connect(await serve());
    let proceed: () => void = () => undefined;
    const answered = new Promise<void>((resolve) => {
      proceed = resolve;
    });
    async function* broken() {
      yield { query: [[1, 0]] };
      await answered;
      throw new Error("no more disk");
    }
    const stream = client.searchStream(broken());
    expect((await stream.next()).value).toMatchObject({ id: 0 });
    proceed();
    await expect(stream.next()).rejects.toThrow("no more disk");
  });

  it("fails as a whole for a reason that holds for all of it", async () => {
    const server = await serve({
      onStream: (call) => {
        call.on("error", () => undefined);
        call.emit("error", failure(GrpcStatus.NOT_FOUND, { code: ErrorCode.UNKNOWN_INDEX, message: "no such index" }));
      },
    });
    const outcomes = collect(connect(server).searchStream(queries(2), { index: "papres" }));
    await expect(outcomes).rejects.toMatchObject({ code: "UNKNOWN_INDEX", message: "no such index" });
    expect(server.streams).toBe(1);
  });
});

describe("searchStream whose server goes away", () => {
  it("fails soon when there never was one", async () => {
    const gone = await NaiveServer.start();
    gone.stop();
    const outcomes = collect(connect(gone, { maxAttempts: 2 }).searchStream(queries(2)));
    await expect(outcomes).rejects.toMatchObject({ code: "UNAVAILABLE", grpcStatus: GrpcStatus.UNAVAILABLE });
  });

  it("answers every query exactly once across restarts that drop the connection", async () => {
    const total = 300;
    let server = await serve();
    const { port } = server;
    const answered: number[] = [];
    for await (const outcome of connect(server).searchStream(queries(total, 2048), { window: 32 })) {
      expect(outcome.error).toBeUndefined();
      answered.push(outcome.id);
      if (outcome.id % 100 === 50) {
        server.stop();
        server = await serve({ port, version: String(outcome.id) });
      }
    }
    expect(answered.sort((a, b) => a - b)).toEqual(upTo(total));
  });

  it("goes on with another call when the server drains: by status, by an early OK, or query by query", async () => {
    const draining = failure(GrpcStatus.UNAVAILABLE, { code: ErrorCode.SHUTTING_DOWN, message: "draining" });
    const endings: ((call: StreamHandle, message: SearchStreamRequest) => void)[] = [
      (call) => call.emit("error", draining),
      (call) => call.end(),
      (call, message) => {
        const response = server.respond(message);
        response.outcomes = message.queryIds.map((id) => failedOutcome(id, ErrorCode.SHUTTING_DOWN, "draining"));
        call.write(response);
      },
      // Answered, then ended: nothing is lost, and nothing may be answered twice.
      (call, message) => {
        call.write(server.respond(message));
        call.emit("error", draining);
      },
    ];
    const server: NaiveServer = await serve({
      onStream: (call) => {
        let seen = 0;
        answering(
          () => server,
          (handle, message) => {
            seen += 1;
            if (seen !== 2) return seen < 2;
            const ending = endings.shift();
            ending?.(handle, message);
            if (ending === undefined) seen = 0;
            return ending === undefined;
          },
        )(call);
      },
    });
    const outcomes = await collect(connect(server).searchStream(queries(100, 2048), { window: 32 }));
    expect(outcomes.every(({ error }) => error === undefined)).toBe(true);
    expect(ids(outcomes)).toEqual(upTo(100));
    expect(endings).toHaveLength(0);
    expect(server.streams).toBe(5);
  });

  it("sends a query again that was refused for want of capacity, and gives it up in the end", async () => {
    let refusals = 2;
    const server: NaiveServer = await serve({
      onStream: answering(
        () => server,
        (call, message) => {
          const response = server.respond(message);
          response.outcomes = response.outcomes.map((each) => {
            const never = each.queryId === 0n;
            if (!never && (each.queryId !== 1n || refusals === 0)) return each;
            if (!never) refusals -= 1;
            return failedOutcome(each.queryId, ErrorCode.OVERLOADED, "at capacity", 1);
          });
          call.write(response);
          return false;
        },
      ),
    });
    const outcomes = await collect(connect(server).searchStream(queries(3)));
    expect(Object.fromEntries(outcomes.map(({ id, error }) => [id, error?.code]))).toEqual({
      0: "OVERLOADED",
      1: undefined,
      2: undefined,
    });
  });

  it("gives up a query alone when connections keep breaking under it", async () => {
    const server: NaiveServer = await serve({
      onStream: answering(
        () => server,
        (call, message) => {
          const poisoned = message.queryIds.includes(9n);
          // As a crash does, but the port stays open: the call ends without a reason.
          if (poisoned) call.emit("error", failure(GrpcStatus.UNAVAILABLE));
          return !poisoned;
        },
      ),
    });
    const outcomes = await collect(connect(server).searchStream(queries(20, 16_384)));
    const failed = outcomes.filter(({ error }) => error !== undefined);
    expect(failed.map(({ id, error }) => [id, error?.code])).toEqual([[9, "UNAVAILABLE"]]);
    expect(ids(outcomes)).toEqual(upTo(20));
  });

  it("reads what came before the end of a call, however late, and does not ask again", async () => {
    const server: NaiveServer = await serve({
      onStream: (call) => {
        call.on("error", () => undefined);
        call.on("data", (message: SearchStreamRequest) => {
          const { outcomes } = server.respond(message);
          for (const each of outcomes) call.write(create(SearchStreamResponseSchema, { outcomes: [each] }));
          call.end();
        });
      },
    });
    const stream = connect(server).searchStream(queries(5));
    await stream.next();
    await settle();
    expect(ids(await collect(stream))).toEqual([1, 2, 3, 4]);
    expect(server.streams).toBe(1);
  });

  it("waits between the calls to a server that sends its queries away", async () => {
    const began: number[] = [];
    const server: NaiveServer = await serve({
      onStream: (call) => {
        began.push(performance.now());
        answering(
          () => server,
          (handle, message) => {
            if (began.length > 4) return true;
            const outcomes = message.queryIds.map((id) => failedOutcome(id, ErrorCode.SHUTTING_DOWN, "draining"));
            handle.write(create(SearchStreamResponseSchema, { outcomes }));
            return false;
          },
        )(call);
      },
    });
    expect(ids(await collect(connect(server, { maxAttempts: 9 }).searchStream(queries(2))))).toEqual([0, 1]);
    // Half of 50, 100, 200 and 400 ms at least.
    expect((began.at(-1) as number) - (began[0] as number)).toBeGreaterThan(370);
  });

  it("waits for the connection when the server stays away, and gives up when it may no longer", async () => {
    let calls = 0;
    const token = () => {
      calls += 1;
      return "";
    };
    const server: NaiveServer = await serve();
    const stream = connect(server, { token }).searchStream(queries(50), { window: 2, resumeForMs: 600 });
    await stream.next();
    server.stop();
    await expect(collect(stream)).rejects.toMatchObject({ code: "UNAVAILABLE" });
    expect(calls).toBe(1);
  });

  it("tells of a swap between two answers", async () => {
    const changes: string[] = [];
    const server = await serve();
    const client = connect(server, {
      onVersionChange: ({ previous, current }) => changes.push(`${previous.version}>${current.version}`),
    });
    for await (const { id } of client.searchStream(queries(60), { window: 4 })) {
      if (id === 20) server.version = "2";
    }
    expect(changes).toEqual(["1>2"]);
    expect(DOCUMENTS).toHaveLength(3);
  });
});
