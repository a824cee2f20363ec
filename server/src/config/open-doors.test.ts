import { expect, it } from "vitest";
import { type DoorSettings, openDoors } from "./open-doors.js";

// The promise: no listener is open to a network unless the operator says so, and no token crosses one in clear text.

const LOCAL: DoorSettings = { host: "127.0.0.1", admin: "127.0.0.1:1", metrics: "127.0.0.1:2", insecure: false };
const tls = {};

it.each<[string, Partial<DoorSettings>, string[]]>([
  ["loopback", {}, []],
  ["socket files", { host: "unix:/a", admin: "unix:/b" }, []],
  ["loopback with tokens", { tokens: "t" }, []],
  ["the network without TLS", { host: "0.0.0.0" }, ["host"]],
  ["a name without TLS", { host: "search-1" }, ["host"]],
  ["every IPv6 address without TLS", { host: "::" }, ["host"]],
  ["the network without TLS, as asked", { host: "0.0.0.0", insecure: true }, []],
  ["the network with TLS", { host: "0.0.0.0", tls }, []],
  ["tokens in clear text", { host: "0.0.0.0", tokens: "t" }, ["host"]],
  ["tokens in clear text, even if asked", { host: "0.0.0.0", tokens: "t", insecure: true }, ["host"]],
  ["tokens over TLS", { host: "0.0.0.0", tokens: "t", tls }, []],
  ["metrics on the network", { metrics: "0.0.0.0:2" }, ["metrics"]],
  ["metrics on the network, with TLS of the data", { metrics: "0.0.0.0:2", tls }, ["metrics"]],
  ["metrics on the network, as asked", { metrics: "0.0.0.0:2", insecure: true }, []],
  ["admin on the network", { admin: "0.0.0.0:1" }, ["admin"]],
  ["admin on the network, even if asked", { admin: "0.0.0.0:1", insecure: true }, ["admin"]],
  ["admin on the network with TLS alone", { admin: "0.0.0.0:1", tls }, ["admin"]],
  ["admin on the network with tokens alone", { admin: "0.0.0.0:1", tokens: "t" }, ["admin"]],
  ["admin on the network with both", { admin: "0.0.0.0:1", tls, tokens: "t" }, []],
  ["addresses that do not parse, of which another check says so", { host: "a:1", admin: "x", metrics: "y" }, []],
])("%s", (_, settings, refused) => {
  const found = openDoors({ ...LOCAL, ...settings });
  expect(found.map(({ setting }) => setting)).toEqual(refused);
  for (const { message } of found) {
    expect(message).toMatch(/^expected .*127\.0\.0\.1/);
  }
});
