import { describe, expect, it } from "vitest";
import { formatAddress, isLocal, parseAddress, parseHost } from "./address.js";

describe("parseAddress", () => {
  it("reads host:port, [v6]:port and unix:path", () => {
    expect(parseAddress("127.0.0.1:0")).toEqual({ kind: "tcp", host: "127.0.0.1", port: 0 });
    expect(parseAddress("[::1]:50051")).toEqual({ kind: "tcp", host: "::1", port: 50_051 });
    expect(parseAddress("unix:/run/a.sock")).toEqual({ kind: "unix", path: "/run/a.sock" });
  });

  it.each([
    "",
    "host",
    "host:",
    ":1",
    "host:65536",
    "host:x",
    "a:b:1",
    "unix:",
    "http://host:1",
    `unix:/${"a".repeat(103)}`,
  ])("refuses %j", (text) => {
    expect(parseAddress(text)).toBeUndefined();
  });
});

describe("parseHost", () => {
  it("reads a host name, an IP address and unix:path", () => {
    expect(parseHost("example.org", 7)).toEqual({ kind: "tcp", host: "example.org", port: 7 });
    expect(parseHost("::1", 7)).toEqual({ kind: "tcp", host: "::1", port: 7 });
    expect(parseHost("unix:/a", 7)).toEqual({ kind: "unix", path: "/a" });
  });

  it.each(["", "host:1", "127.0.0.1:50051", "http://host", "[::1]", "a b"])("refuses %j", (text) => {
    expect(parseHost(text, 7)).toBeUndefined();
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
    const texts = ["[::1]:7", "127.0.0.1:7", "unix:/a"];
    expect(texts.map((text) => formatAddress(parseAddress(text)!))).toEqual(texts);
  });
});
