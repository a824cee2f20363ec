import { status as GrpcCode } from "@grpc/grpc-js";
import { ErrorCode, SearchService } from "@maxsimd/proto";
import { afterEach, describe, expect, it } from "vitest";
import { detailOf, errorOf, statusOf } from "../../testing/raw-client.js";
import { serveCatalog, type TestServer, tensor } from "../../testing/test-server.js";

const { search, searchStream } = SearchService.method;

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanups.splice(0)) {
    await cleanUp();
  }
});

async function serve(...parameters: Parameters<typeof serveCatalog>): Promise<TestServer> {
  const served = await serveCatalog(...parameters);
  cleanups.push(served.stop);
  return served;
}

/** A number of the metrics. */
async function metric(served: TestServer, name: string): Promise<number> {
  const text = await (await fetch(`http://${served.server.metricsAddress}/metrics`)).text();
  return Number(new RegExp(`^${name}(?:\\{.*\\})? (.+)$`, "m").exec(text)?.[1]);
}

describe("under load", () => {
  it("refuses single requests beyond what can begin soon, at once and with a hint, and takes more when they are done", async () => {
    const limits = { queueMs: 1 };
    const served = await serve({ v1: { documents: 400, dim: 64, tokensPerDocument: 10 } }, { workers: 1, limits });
    const slow = { query: tensor(1024, 1, 64) };
    const calls = Array.from({ length: 20 }, () => served.client.unary(search, slow));
    const settled = await Promise.allSettled(calls);
    const refused = settled.filter((result) => result.status === "rejected").map(({ reason }) => reason);
    expect(refused.length).toBeGreaterThan(0);
    expect(settled.length - refused.length).toBeGreaterThanOrEqual(1);
    for (const error of refused) {
      expect(error.code).toBe(GrpcCode.UNAVAILABLE);
      expect(detailOf(error)).toMatchObject({ code: ErrorCode.OVERLOADED });
      expect(detailOf(error)?.retryAfterMs).toBeGreaterThan(0);
      expect(Number(error.metadata.get("grpc-retry-pushback-ms")[0])).toBe(detailOf(error)?.retryAfterMs);
    }
    expect((await served.client.unary(search, slow)).hits?.docIds).toHaveLength(10);
  });

  it("computes nothing ahead of a stream's reader, and ends one that never reads", async () => {
    const shape = { documents: 2000, tokensPerDocument: 2 };
    const served = await serve({ v1: shape }, { metrics: "127.0.0.1:0", limits: { stallMs: 1500 } });
    const queries = 600;
    const call = served.client.bidi(searchStream);
    const status = statusOf(call as never);
    // grpc-js's client holds the connection back only from its first read on.
    call.once("data", () => call.pause());
    call.write({ params: { k: 2000 } });
    for (let id = 0; id < queries; id++) {
      call.write({ queryIds: [BigInt(id)], queries: { tokens: tensor(1, id), rowCounts: [1] } });
    }
    // Three results of 14 KB make a response: the client buffers 16 of them, HTTP/2 and the server some, and 7 are inside.
    await untilEqual(() => metric(served, "maxsimd_rpc_in_flight"), 0);
    expect(await metric(served, "maxsimd_task_queries_sum")).toBeLessThanOrEqual(70);
    call.resume();
    expect((await status).code).toBe(GrpcCode.RESOURCE_EXHAUSTED);
    expect(await metric(served, "maxsimd_queries_admitted")).toBe(0);
  });

  it("forgets the queries of a stream that is cancelled, those in the server too", async () => {
    // Some 5 ms each; as many as may be admitted at once are in the server soon.
    const shape = { documents: 400, dim: 64, tokensPerDocument: 100 };
    const served = await serve({ v1: shape }, { workers: 1, metrics: "127.0.0.1:0" });
    const call = served.client.bidi(searchStream);
    const status = statusOf(call as never);
    const first = new Promise((resolve) => call.once("data", resolve));
    const rowCounts = new Array<number>(64).fill(32);
    const queryIds = rowCounts.map((_, i) => BigInt(i));
    call.write({ queryIds, queries: { tokens: tensor(64 * 32, 1, 64), rowCounts } });
    await first;
    call.cancel();
    expect((await status).code).toBe(GrpcCode.CANCELLED);
    await untilEqual(() => metric(served, "maxsimd_queries_admitted"), 0);
    await untilEqual(() => metric(served, "maxsimd_queries_running"), 0);
    expect(await metric(served, "maxsimd_queries_waiting")).toBe(0);
    expect(await metric(served, "maxsimd_task_queries_sum")).toBeLessThan(24);
  });

  it("answers an error of a call under way when its deadline passes, and starts nothing more of it", async () => {
    // The search alone takes 10 ms and more.
    const shape = { documents: 400, dim: 64, tokensPerDocument: 10 };
    const served = await serve({ v1: shape }, { workers: 1, metrics: "127.0.0.1:0", limits: { deadlineMs: 1 } });
    const error = await errorOf(served.client.unary(search, { query: tensor(1024, 1, 64) }));
    expect(detailOf(error)?.code).toBe(ErrorCode.DEADLINE_EXPIRED);
    await untilEqual(() => metric(served, "maxsimd_queries_running"), 0);
    expect(await metric(served, "maxsimd_queries_admitted")).toBe(0);
  });
});

/** Asks until the answer is that; the test's own timeout is the limit. */
async function untilEqual(read: () => Promise<number>, value: number): Promise<void> {
  while ((await read()) !== value) {
    // Each asking is a round trip to the server.
  }
}
