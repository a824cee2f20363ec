import { once } from "node:events";
import { type ClientHttp2Session, type ClientHttp2Stream, connect } from "node:http2";
import { create } from "@bufbuild/protobuf";
import { SearchResponseSchema, SearchService } from "@maxsimd/proto";
import { afterEach, describe, expect, it, vi } from "vitest";
import { type Probe, startProbe } from "../../testing/probe-listener.js";
import type { Limits } from "../config/limits.js";

// The promise: an old connection asks its peer to open another, answers what was begun, and ends; one that has ended leaves nothing behind.

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

type Handler = Parameters<typeof startProbe>[0]["search"];

async function listen(limits: Partial<Limits>, search: Handler = () => create(SearchResponseSchema)): Promise<Probe> {
  const probe = await startProbe({ search }, limits);
  closing.push(() => probe.listener.drain(0));
  return probe;
}

async function connectTo({ address }: Probe): Promise<ClientHttp2Session> {
  const session = connect(`http://${address}`).on("error", () => undefined);
  closing.push(() => session.destroy());
  await once(session, "remoteSettings");
  return session;
}

/** Sends an empty request. */
function begin(session: ClientHttp2Session): ClientHttp2Stream {
  const stream = session.request({
    ":method": "POST",
    ":path": `/${SearchService.typeName}/Search`,
    te: "trailers",
    "content-type": "application/grpc",
  });
  stream.on("error", () => undefined).resume();
  stream.end(Buffer.alloc(5));
  return stream;
}

describe("an old connection", () => {
  it("says that it goes away, at about its age, and ends", async () => {
    const began = performance.now();
    const session = await connectTo(await listen({ connectionAgeMs: 500 }));
    const [code] = (await once(session, "goaway")) as [number];
    const age = performance.now() - began;
    expect(code).toBe(0);
    // Timers fire up to a millisecond early.
    expect(age).toBeGreaterThan(448);
    await once(session, "close");
  });

  it("answers the call that was begun", async () => {
    let finish = (): void => undefined;
    const held = new Promise<void>((resolve) => {
      finish = resolve;
    });
    const probe = await listen({ connectionAgeMs: 200 }, async () => {
      await held;
      return create(SearchResponseSchema);
    });
    const session = await connectTo(probe);
    const stream = begin(session);
    const trailers = once(stream, "trailers");
    await once(session, "goaway");
    finish();
    expect((await trailers)[0]).toMatchObject({ "grpc-status": "0" });
  });

  it("ends with its calls after the grace", async () => {
    const never = new Promise<never>(() => undefined);
    const limits = { connectionAgeMs: 100, connectionAgeGraceMs: 200, deadlineMs: 60_000 };
    const probe = await listen(limits, () => never);
    const session = await connectTo(probe);
    begin(session);
    await once(session, "close");
    await expect.poll(() => probe.intake.state.connections).toBe(0);
  });
});

it("leaves little behind when it ends before: Node keeps a list for each time that a timer has", async () => {
  const age = 1_000_000;
  const probe = await listen({ connectionAgeMs: age });
  const spy = vi.spyOn(globalThis, "setTimeout");
  closing.push(() => spy.mockRestore());
  for (let i = 0; i < 100; i++) {
    const session = await connectTo(probe);
    session.destroy();
    await once(session, "close");
  }
  const times = spy.mock.calls.map(([, time]) => time ?? 0).filter((time) => time >= 0.9 * age && time <= 1.1 * age);
  expect(times).toHaveLength(100);
  const distinct = new Set(times).size;
  expect(distinct).toBeGreaterThan(5);
  expect(distinct).toBeLessThanOrEqual(21);
});
