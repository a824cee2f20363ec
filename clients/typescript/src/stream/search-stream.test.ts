import { once } from "node:events";
import { create } from "@bufbuild/protobuf";
import { status as GrpcStatus } from "@grpc/grpc-js";
import { ErrorCode, HitsSchema, type SearchStreamRequest, SearchStreamResponseSchema } from "@maxsimd/proto";
import { describe, expect, it } from "vitest";
import { failedOutcome, failure, type NaiveServer, outcome, type StreamHandle } from "../../peer/naive-server.js";
import { answering, collect, connect, ids, queries, serve, settle, until, upTo } from "../../peer/stream-setup.js";
import type { StreamQuery } from "./query.js";
import { READ_AHEAD_BYTES } from "./queues.js";

/** A server that gives each query 8,000 hits, about 94 KB with their ids, and writes no faster than it is read. */
function writingLarge(wrote: (call: StreamHandle) => void) {
  const hits = create(HitsSchema, { docIds: Array.from({ length: 8_000 }, (_, i) => i), scores: Array(8_000).fill(1) });
  const onStream = (call: StreamHandle) => {
    let ended = false;
    call.on("error", () => {
      ended = true;
    });
    const answer = async (ids: readonly bigint[]) => {
      for (const id of ids) {
        if (ended) return;
        const more = call.write(create(SearchStreamResponseSchema, { outcomes: [outcome(id, hits)] }));
        wrote(call);
        if (!more) await once(call, "drain").catch(() => undefined);
      }
    };
    let work = Promise.resolve();
    call.on("data", (message: SearchStreamRequest) => {
      work = work.then(() => answer(message.queryIds));
    });
    call.on("end", () => void work.then(() => call.end()));
  };
  return { onStream };
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
      { docId: 0, id: "d0", score: 1 },
      { docId: 1, id: "d1", score: 1 },
      { docId: 0, id: "d0", score: 1 },
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

  it("stops reading when the consumer is far behind, so that the server is held back", async () => {
    const total = 400;
    let written = 0;
    const { onStream } = writingLarge(() => {
      written += 1;
    });
    const stream = connect(await serve({ onStream })).searchStream(queries(total), { window: total });
    await stream.next();
    await settle(500);
    // 4 MiB of 94 KB answers, and what waits in buffers on the way: of 400 not half.
    expect(written).toBeGreaterThan(READ_AHEAD_BYTES / 94_000);
    expect(written).toBeLessThan(120);
    await stream.return?.();
  });

  it("asks again for what is unanswered when the server ends a call that was not read", async () => {
    const total = 200;
    const stalls: StreamHandle[] = [];
    const { onStream } = writingLarge((call) => {
      if (!stalls.includes(call)) stalls.push(call);
    });
    const stream = connect(await serve({ onStream })).searchStream(queries(total), { window: total });
    await stream.next();
    await settle(500);
    stalls[0]?.emit("error", failure(GrpcStatus.RESOURCE_EXHAUSTED, { code: ErrorCode.LIMIT_EXCEEDED }));
    await settle();
    expect(ids(await collect(stream))).toHaveLength(total - 1);
    expect(stalls).toHaveLength(2);
  });

  it("fails for a limit that is not about reading", async () => {
    const server = await serve({
      onStream: (call) => {
        call.on("error", () => undefined);
        call.emit("error", failure(GrpcStatus.RESOURCE_EXHAUSTED, { code: ErrorCode.LIMIT_EXCEEDED }));
      },
    });
    await expect(collect(connect(server).searchStream(queries(1)))).rejects.toMatchObject({ code: "LIMIT_EXCEEDED" });
  });

  it("ends with DEADLINE_EXPIRED at the deadline of the whole stream", async () => {
    const server = await serve({ onStream: (call) => call.on("error", () => undefined) });
    const outcomes = collect(connect(server).searchStream(queries(1), { timeoutMs: 50 }));
    await expect(outcomes).rejects.toMatchObject({ code: "DEADLINE_EXPIRED" });
  });

  it("returns an outcome for a query that fails in the client or the server, and continues", async () => {
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

  it("sends index and parameters when they change, and restores them after an override", async () => {
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

  it("ends a pending next when the iterator is returned", async () => {
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

  it("throws what the source throws, after the outcomes that are ready", async () => {
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

  it("fails as a whole for a reason that concerns every query", async () => {
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
