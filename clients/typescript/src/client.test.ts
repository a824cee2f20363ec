import { create } from "@bufbuild/protobuf";
import { status as GrpcStatus } from "@grpc/grpc-js";
import { ErrorCode, SearchBatchResponseSchema } from "@maxsimd/proto";
import { afterEach, describe, expect, it } from "vitest";
import {
  type BatchHandle,
  failedOutcome,
  failure,
  NaiveServer,
  type NaiveServerOptions,
} from "../peer/naive-server.js";
import { MaxsimClient } from "./client.js";
import type { MaxsimRpcError } from "./errors/maxsim-rpc-error.js";
import type { ClientOptions } from "./options.js";
import type { Outcome } from "./search/results.js";

const open: (() => void)[] = [];

afterEach(() => {
  for (const release of open.splice(0)) release();
});

async function connected(options: NaiveServerOptions = {}, clientOptions?: ClientOptions) {
  const server = await NaiveServer.start(options);
  const client = new MaxsimClient(server.address, clientOptions);
  open.push(
    () => client.close(),
    () => server.stop(),
  );
  return { server, client };
}

/** Fails `times` times with what `error` gives, then answers; counts the attempts. */
function failing(times: number, error: () => unknown) {
  const state = { attempts: 0, started: [] as number[], server: undefined as NaiveServer | undefined };
  const onSearch: NonNullable<NaiveServerOptions["onSearch"]> = (call) => {
    state.attempts += 1;
    state.started.push(performance.now());
    if (state.attempts <= times) throw error();
    const answer = state.server?.answer(call.request);
    if (answer === undefined) throw new Error("no server");
    return answer;
  };
  return { state, onSearch };
}

/** A batch's message that refuses its first query. */
function refusal(message: string) {
  const outcomes = [failedOutcome(0n, ErrorCode.NON_FINITE, message)];
  return create(SearchBatchResponseSchema, { outcomes });
}

async function failureOf(promise: Promise<unknown>): Promise<MaxsimRpcError> {
  return promise.then(
    () => {
      throw new Error("did not fail");
    },
    (error) => error,
  );
}

describe("search", () => {
  it("returns hits, packed and as objects, with the version and the server's timing", async () => {
    const { client } = await connected();
    const answer = await client.search([[1, 0]], { k: 2 });
    expect([...answer.docIds]).toEqual([0, 2]);
    expect([...answer.scores]).toEqual([1, 0.5]);
    expect(answer.hits).toEqual([
      { docId: 0, id: "d0", score: 1 },
      { docId: 2, id: "d2", score: 0.5 },
    ]);
    expect(answer.hits).toBe(answer.hits);
    expect([answer.ids, answer.fields, answer.exhausted]).toEqual([["d0", "d2"], [], true]);
    expect(answer.indexVersion).toEqual({ index: "papers", version: "1", digest: "digest of 1" });
    expect(answer.timing).toEqual({ queueMicros: 3, searchMicros: 40 });
    expect(JSON.parse(JSON.stringify(answer)).hits).toHaveLength(2);
  });

  it("refuses what cannot be sent without asking the server", async () => {
    const { client, server } = await connected();
    expect(await failureOf(client.search([]))).toMatchObject({ code: "EMPTY_QUERY" });
    expect(await failureOf(client.search([[1, 0]], { k: 1.5 }))).toMatchObject({
      code: "INVALID_PARAMETER",
      field: "k",
      got: "1.5",
    });
    expect(await failureOf(client.search([[1, 0]], {}, { timeoutMs: -1 }))).toMatchObject({ field: "timeoutMs" });
    expect(server.metadata).toHaveLength(0);
  });

  it("tries again while the server is not there", async () => {
    const { state, onSearch } = failing(2, () => failure(GrpcStatus.UNAVAILABLE));
    const { client, server } = await connected({ onSearch });
    state.server = server;
    expect((await client.search([[1, 0]])).hits[0]?.docId).toBe(0);
    expect(state.attempts).toBe(3);
  });

  it("waits as long as an overloaded server asks", async () => {
    const overloaded = { code: ErrorCode.OVERLOADED, message: "at capacity", retryAfterMs: 300 };
    const { state, onSearch } = failing(1, () => failure(GrpcStatus.UNAVAILABLE, overloaded));
    const { client, server } = await connected({ onSearch });
    state.server = server;
    await client.search([[1, 0]]);
    const [first = 0, second = 0] = state.started;
    expect(second - first).toBeGreaterThan(295);
  });

  it("fails after its attempts with the server's own reason", async () => {
    const overloaded = { code: ErrorCode.OVERLOADED, message: "at capacity", retryAfterMs: 1 };
    const { state, onSearch } = failing(99, () => failure(GrpcStatus.UNAVAILABLE, overloaded));
    const { client } = await connected({ onSearch }, { maxAttempts: 3 });
    expect(await failureOf(client.search([[1, 0]]))).toMatchObject({
      name: "MaxsimRpcError",
      code: "OVERLOADED",
      grpcStatus: GrpcStatus.UNAVAILABLE,
      message: "at capacity",
      retryAfterMs: 1,
    });
    expect(state.attempts).toBe(3);
  });

  it("does not wait for an attempt that would start after the deadline", async () => {
    const overloaded = { code: ErrorCode.OVERLOADED, retryAfterMs: 60_000 };
    const { state, onSearch } = failing(99, () => failure(GrpcStatus.UNAVAILABLE, overloaded));
    const { client } = await connected({ onSearch });
    expect(await failureOf(client.search([[1, 0]], {}, { timeoutMs: 5_000 }))).toMatchObject({ code: "OVERLOADED" });
    expect(state.attempts).toBe(1);
  });

  it("does not repeat what will fail again, and decodes the typed reason", async () => {
    const reason = { code: ErrorCode.DIM_MISMATCH, message: "the index has dim 128", got: "2" };
    const { state, onSearch } = failing(99, () => failure(GrpcStatus.INVALID_ARGUMENT, reason));
    const { client } = await connected({ onSearch });
    expect(await failureOf(client.search([[1, 0]]))).toMatchObject({ code: "DIM_MISMATCH", got: "2", grpcStatus: 3 });
    expect(state.attempts).toBe(1);
  });

  it("fails with DEADLINE_EXPIRED when the answer does not come in time", async () => {
    const { client } = await connected({ onSearch: () => new Promise(() => undefined) });
    const error = await failureOf(client.search([[1, 0]], {}, { timeoutMs: 50 }));
    expect(error).toMatchObject({ code: "DEADLINE_EXPIRED", grpcStatus: GrpcStatus.DEADLINE_EXCEEDED });
  });

  it("sends the deadline to the server, ten seconds by default", async () => {
    let left = 0;
    const { client, server } = await connected({
      onSearch: (call) => {
        left = Number(call.getDeadline()) - Date.now();
        return server.answer(call.request);
      },
    });
    await client.search([[1, 0]]);
    expect(left).toBeGreaterThan(9_000);
    expect(left).toBeLessThanOrEqual(10_000);
  });

  it("cancels the call when the signal aborts", async () => {
    const controller = new AbortController();
    const reached = new Promise<void>((resolve) => {
      void connected({
        onSearch: (call) => {
          call.on("cancelled", () => resolve());
          controller.abort();
          return new Promise(() => undefined);
        },
      }).then(async ({ client }) => {
        const error = await failureOf(client.search([[1, 0]], {}, { signal: controller.signal }));
        expect(error).toMatchObject({ code: "CANCELLED", cause: controller.signal.reason });
      });
    });
    await reached;
  });

  it("asks for the token before each attempt and sends it", async () => {
    const { state, onSearch } = failing(1, () => failure(GrpcStatus.UNAVAILABLE));
    let renewals = 0;
    const token = () => {
      renewals += 1;
      return Promise.resolve(`t${renewals}`);
    };
    const { client, server } = await connected({ onSearch }, { token });
    state.server = server;
    await client.search([[1, 0]]);
    expect(server.metadata.map((metadata) => metadata.get("authorization"))).toEqual([["Bearer t1"], ["Bearer t2"]]);
  });

  it("refuses to send a token in plain text to another machine", () => {
    expect(() => new MaxsimClient("example.org:50051", { token: "secret" })).toThrow("plain text to example.org:50051");
    expect(() => new MaxsimClient("127.evil.org:50051", { token: "secret" })).toThrow("plain text");
    for (const address of ["localhost:1", "127.0.0.1:1", "[::1]:1", "unix:/run/maxsimd.sock"]) {
      new MaxsimClient(address, { token: "secret" }).close();
    }
    new MaxsimClient("example.org:50051", { token: "secret", tls: true }).close();
    new MaxsimClient("example.org:50051", { token: "secret", allowPlaintextToken: true }).close();
  });
});

describe("connect", () => {
  it("resolves once it is connected, and fails at the deadline", async () => {
    const server = await NaiveServer.start();
    (await MaxsimClient.connect(server.address)).close();
    server.stop();
    const error = await failureOf(MaxsimClient.connect(server.address, { timeoutMs: 100 }));
    expect(error).toMatchObject({ code: "UNAVAILABLE" });
  });
});

describe("searchBatch", () => {
  const queries = [[[1, 0]], [[-1, 0]], [[Number.NaN, 0]], [[0, -1]], [[1, 0, 0]]];
  const best = [0, 1, undefined, 2, undefined];

  it("returns outcomes in completion order, after those of queries that cannot be sent", async () => {
    const { client } = await connected();
    const outcomes: Outcome[] = [];
    for await (const outcome of client.searchBatch(queries, { k: 1 })) outcomes.push(outcome);
    expect(outcomes.map(({ id }) => id)).toEqual([2, 4, 3, 1, 0]);
  });

  it("returns them in the order of the queries", async () => {
    const { client } = await connected();
    const outcomes = await client.searchBatchAll(queries, { k: 1 });
    expect(outcomes.map(({ hits }) => hits?.[0]?.docId)).toEqual(best);
    expect(outcomes.map(({ error }) => error?.code)).toEqual([
      undefined,
      undefined,
      "NON_FINITE",
      undefined,
      "DIM_MISMATCH",
    ]);
  });

  it("makes no call without queries", async () => {
    const { client } = await connected({ onBatch: () => expect.unreachable() });
    expect(await client.searchBatchAll([])).toEqual([]);
  });

  it("returns a rejected query as an outcome", async () => {
    const { client } = await connected({
      onBatch: (call) => {
        call.write(refusal("row 0 is NaN"));
        call.end();
      },
    });
    // Position 0 on the wire, 1 for the caller.
    const [unsent, refused] = await client.searchBatchAll([[], [[1, 0]]]);
    expect(unsent).toMatchObject({ id: 0, error: { code: "EMPTY_QUERY" } });
    expect(refused).toMatchObject({ id: 1, error: { code: "NON_FINITE", message: "row 0 is NaN" } });
  });

  it("is repeated before its first outcome, and not after it", async () => {
    let calls = 0;
    const unavailable = failure(GrpcStatus.UNAVAILABLE);
    const onBatch = (write: boolean) => (call: BatchHandle) => {
      calls += 1;
      if (write) call.write(refusal(""));
      setImmediate(() => call.emit("error", unavailable));
    };
    const early = await connected({ onBatch: onBatch(false) }, { maxAttempts: 2 });
    expect(await failureOf(early.client.searchBatchAll([[[1, 0]], [[1, 0]]]))).toMatchObject({ code: "UNAVAILABLE" });
    expect(calls).toBe(2);
    const late = await connected({ onBatch: onBatch(true) }, { maxAttempts: 2 });
    expect(await failureOf(late.client.searchBatchAll([[[1, 0]], [[1, 0]]]))).toMatchObject({ code: "UNAVAILABLE" });
    expect(calls).toBe(3);
  });

  it("fails when the server leaves queries unanswered", async () => {
    const { client } = await connected({ onBatch: (call) => call.end() });
    expect(await failureOf(client.searchBatchAll([[[1, 0]]]))).toMatchObject({ code: "INTERNAL" });
  });

  it("cancels the call when the consumer leaves, and when the signal aborts", async () => {
    for (const leave of ["break", "abort"] as const) {
      const controller = new AbortController();
      let seen: () => void = () => undefined;
      const cancelled = new Promise<void>((resolve) => {
        seen = resolve;
      });
      const { client } = await connected({
        onBatch: (call) => {
          call.on("cancelled", () => seen());
          call.write(refusal(""));
        },
      });
      const outcomes = client.searchBatch([[[1, 0]], [[1, 0]]], {}, { signal: controller.signal });
      await outcomes.next();
      if (leave === "break") await outcomes.return?.();
      else {
        const next = outcomes.next();
        controller.abort();
        await expect(next).rejects.toMatchObject({ code: "CANCELLED" });
      }
      await cancelled;
    }
  });
});
