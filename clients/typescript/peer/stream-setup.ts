/** Shared by the tests of streams: a server and a client that end with the test, and ways to wait without a timer. */

import type { SearchStreamRequest } from "@maxsimd/proto";
import { afterEach } from "vitest";
import { MaxsimClient } from "../src/client.js";
import type { ClientOptions } from "../src/options.js";
import type { Outcome } from "../src/search/results.js";
import type { StreamQuery } from "../src/stream/query.js";
import { NaiveServer, type NaiveServerOptions, type StreamHandle } from "./naive-server.js";

const open: { stop?(): void; close?(): void }[] = [];

afterEach(() => {
  for (const each of open.splice(0)) {
    each.close?.();
    each.stop?.();
  }
});

export async function serve(options?: NaiveServerOptions): Promise<NaiveServer> {
  const server = await NaiveServer.start(options);
  open.push(server);
  return server;
}

export function connect(server: { address: string }, options?: ClientOptions): MaxsimClient {
  const client = new MaxsimClient(server.address, options);
  open.push(client);
  return client;
}

/** Queries of two-dimensional rows, numbered from 0. */
export function queries(count: number, rows = 1): StreamQuery<number>[] {
  return Array.from({ length: count }, (_, id) => ({
    id,
    query: Array.from({ length: rows }, () => [Math.cos(id), Math.sin(id)]),
  }));
}

/** Collects all outcomes. */
export async function collect<T>(outcomes: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const outcome of outcomes) all.push(outcome);
  return all;
}

export const ids = (outcomes: Outcome<number>[]) => outcomes.map(({ id }) => id).sort((a, b) => a - b);

export const upTo = (count: number) => Array.from({ length: count }, (_, i) => i);

/** Waits for some turns of the event loop, without a timer. */
export async function settle(turns = 50): Promise<void> {
  for (let i = 0; i < turns; i++) await new Promise((resolve) => setImmediate(resolve));
}

/** Waits until the condition holds; the time limit of the test ends it otherwise. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}

/** Answers each message as the naive server does, while `take` returns true. */
export function answering(
  server: () => NaiveServer,
  take: (call: StreamHandle, message: SearchStreamRequest) => boolean,
) {
  return (call: StreamHandle) => {
    call.on("error", () => undefined);
    call.on("data", (message: SearchStreamRequest) => {
      if (take(call, message)) call.write(server().respond(message));
    });
    call.on("end", () => call.end());
  };
}
