import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { SearchService } from "@maxsimd/proto";
import { afterAll, beforeAll, expect, it } from "vitest";
import { serveCatalog, type TestServer, tensor } from "../../testing/test-server.js";
import { STATION_CHANNEL, STATIONS, type StationTime } from "./stations.js";

// The promise: while something subscribes, each station of a query is published once, and the parts are within the whole.

let server: TestServer;
beforeAll(async () => {
  server = await serveCatalog({ v1: {} });
});
afterAll(() => server.stop());

it("publishes each station of a unary query", async () => {
  const { search } = SearchService.method;
  const request = { query: tensor(5, 9) };
  const times: StationTime[] = [];
  const listen = (message: unknown) => times.push(message as StationTime);
  // Of what happens before, nothing is seen.
  await server.client.unary(search, request);
  subscribe(STATION_CHANNEL, listen);
  const started = performance.now();
  await server.client.unary(search, request);
  const wall = (performance.now() - started) * 1000;
  unsubscribe(STATION_CHANNEL, listen);
  await server.client.unary(search, request);
  expect(times.map(({ station }) => station).toSorted()).toEqual([...STATIONS].toSorted());
  for (const { micros } of times) expect(micros).toBeGreaterThanOrEqual(0);
  expect(times.find(({ station }) => station === "native")?.micros).toBeGreaterThan(0);
  expect(times.reduce((sum, { micros }) => sum + micros, 0)).toBeLessThanOrEqual(wall);
});
