import { connect, constants } from "node:http2";
import { create } from "@bufbuild/protobuf";
import { status as GrpcCode } from "@grpc/grpc-js";
import { SearchResponseSchema, SearchService } from "@maxsimd/proto";
import { expect, it, onTestFinished } from "vitest";
import { type Probe, type ProbeHandlers, startProbe } from "../../testing/probe-listener.js";
import { RawClient, statusOf } from "../../testing/raw-client.js";
import type { Limits } from "../config/limits.js";

// The promise: limits of HTTP/2 hold from the first packet, and what one connection does to them leaves others alone.

const { search, searchStream } = SearchService.method;

async function setUp(
  handlers: ProbeHandlers,
  limits: Partial<Limits> = {},
): Promise<{ probe: Probe; client: RawClient }> {
  const probe = await startProbe(handlers, limits);
  const client = new RawClient(probe.address);
  onTestFinished(async () => {
    client.close();
    await probe.listener.drain(0);
  });
  return { probe, client };
}

/** Responses of a handler that waits until its call is aborted. */
async function* noResponses(signal: AbortSignal): AsyncGenerator<never> {
  await new Promise((_resolve, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason));
  });
  yield* [];
}

it("refuses headers over the limit before the peer has acknowledged the settings", async () => {
  const { probe } = await setUp({ search: () => create(SearchResponseSchema) }, { headerListBytes: 1024 });
  const session = connect(`http://${probe.address}`);
  const [path, text] = [`/${SearchService.typeName}/Search`, "a".repeat(2000)];
  // In the first packet, with the peer's own settings.
  const request = session.request({ ":method": "POST", ":path": path, "content-type": "application/grpc", text });
  const status = new Promise((resolve) => request.once("response", (headers) => resolve(headers["grpc-status"])));
  request.on("error", () => undefined).resume();
  expect(await status).toBe(String(GrpcCode.RESOURCE_EXHAUSTED));
  expect(probe.finished).toEqual([]);
  session.destroy();
});

it("closes a connection on which too many calls are cancelled, and leaves its neighbours alone", async () => {
  const { probe, client } = await setUp({
    search: () => create(SearchResponseSchema),
    searchStream: (_requests, { signal }) => noResponses(signal),
  });
  const neighbour = client.bidi(searchStream);
  const ended = statusOf(neighbour);
  const session = connect(`http://${probe.address}`);
  const closed = new Promise<number>((resolve) => session.once("goaway", resolve));
  session.on("error", () => undefined);
  await new Promise((resolve) => session.once("remoteSettings", resolve));
  let cancelled = 0;
  for (; !session.destroyed && cancelled < 3000; cancelled++) {
    const path = `/${SearchService.typeName}/SearchStream`;
    const request = session.request({ ":method": "POST", ":path": path, "content-type": "application/grpc" });
    request.on("error", () => undefined);
    // Its headers are sent in the first of these.
    await new Promise(setImmediate);
    await new Promise(setImmediate);
    request.close(constants.NGHTTP2_CANCEL);
  }
  expect(await closed).toBe(constants.NGHTTP2_INTERNAL_ERROR);
  expect(cancelled).toBeGreaterThan(1000);
  await client.unary(search, {});
  neighbour.cancel();
  expect((await ended).code).toBe(GrpcCode.CANCELLED);
});
