import { describe, expect, it } from "vitest";
import { formatAddress, isLocal, parseAddress } from "./address.js";

describe("parseAddress", () => {
  it("reads host:port, [v6]:port and unix:path", () => {
    expect(parseAddress("127.0.0.1:0")).toEqual({ kind: "tcp", host: "127.0.0.1", port: 0 });
    expect(parseAddress("[::1]:50051")).toEqual({ kind: "tcp", host: "::1", port: 50_051 });
    expect(parseAddress("unix:/run/a.sock")).toEqual({ kind: "unix", path: "/run/a.sock" });
  });

  it.each(["", "host", "host:", ":1", "host:65536", "host:x", "a:b:1", "unix:"])("takes %j for no address", (text) => {
    expect(parseAddress(text)).toBeUndefined();
  });
});

describe("isLocal", () => {
  it("is true of what only this machine reaches", () => {
    const local = ["127.0.0.1:1", "[::1]:1", "localhost:1", "unix:/a"].map((text) => parseAddress(text));
    expect(local.every((address) => address !== undefined && isLocal(address))).toBe(true);
    expect(isLocal({ kind: "tcp", host: "0.0.0.0", port: 1 })).toBe(false);
  });
});

describe("formatAddress", () => {
  it("brackets IPv6", () => {
    expect(formatAddress("::1", 7)).toBe("[::1]:7");
    expect(formatAddress("127.0.0.1", 7)).toBe("127.0.0.1:7");
  });
});
