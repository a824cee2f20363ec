import { expect, it } from "vitest";
import { peerAddress } from "./intake.js";

// The promise: a peer is an address that it cannot change at will.

it.each([
  ["127.0.0.1", "127.0.0.1"],
  ["::ffff:10.1.2.3", "10.1.2.3"],
  ["::1", "0:0:0:0::/64"],
  ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
  ["2001:db8:1:2::9", "2001:db8:1:2::/64"],
  ["2001:db8::9", "2001:db8:0:0::/64"],
  ["fe80::1%eth0", "fe80:0:0:0::/64"],
  [undefined, ""],
])("%s is the peer %s", (remote, peer) => {
  expect(peerAddress(remote)).toBe(peer);
});
