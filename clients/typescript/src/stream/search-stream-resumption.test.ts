import { create } from "@bufbuild/protobuf";
import { status as GrpcStatus } from "@grpc/grpc-js";
import { ErrorCode, type SearchStreamRequest, SearchStreamResponseSchema } from "@maxsimd/proto";
import { describe, expect, it } from "vitest";
import { failedOutcome, failure, NaiveServer, type StreamHandle } from "../../peer/naive-server.js";
import { answering, collect, connect, ids, queries, serve, settle, upTo } from "../../peer/stream-setup.js";

describe("searchStream whose server goes away", () => {
  it("fails soon if there was no server from the start", async () => {
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

  it("continues with another call when the server drains: by status, by an early OK, or query by query", async () => {
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

  it("repeats a query that an overloaded server rejected, and fails it in the end", async () => {
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

  it("fails a single query when connections keep breaking while it is unanswered", async () => {
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

  it("waits between calls to a server that rejects its queries", async () => {
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

  it("waits for the connection while the server is unreachable, and fails at the limit", async () => {
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

  it("reports a swap between two answers", async () => {
    const changes: string[] = [];
    const server = await serve();
    const client = connect(server, {
      onVersionChange: ({ previous, current }) => changes.push(`${previous.version}>${current.version}`),
    });
    for await (const { id } of client.searchStream(queries(60), { window: 4 })) {
      if (id === 20) server.version = "2";
    }
    expect(changes).toEqual(["1>2"]);
  });
});
