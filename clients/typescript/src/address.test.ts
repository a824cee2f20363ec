import { describe, expect, it } from "vitest";
import { parseAddress } from "./address.js";

describe("parseAddress", () => {
  it.each([
    ["127.0.0.1:50051", true],
    ["localhost:50051", true],
    ["[::1]:50051", true],
    ["unix:run/maxsimd.sock", true],
    ["unix:///run/maxsimd.sock", true],
    ["ipv4:127.0.0.1:1,127.0.0.2:65535", true],
    ["dns:///localhost:1", true],
    ["ipv4:127.0.0.1:1,10.0.0.1:1", false],
    ["ipv6:[2001:db8::1]:1", false],
    ["dns:search.example.org:443", false],
    ["dns://8.8.8.8/search.example.org:443", false],
    ["127.0.0.1.example.org:443", false],
    ["xds:///search", false],
  ])("accepts %s, and knows whether it is this machine", (address, local) => {
    expect(parseAddress(address, false)).toEqual({ address, local, tls: false });
  });

  it.each([
    ["http://127.0.0.1:50051", 'leave "http://" out: write 127.0.0.1:50051'],
    ["HTTPS://search.example.org/", 'leave "HTTPS://" out and set tls: write search.example.org:50051'],
    ["grpc://localhost:1", 'leave "grpc://" out: write localhost:1'],
    ["127.0.0.1", "add the port, for example 127.0.0.1:50051"],
    ["localhost:", "add the port, for example localhost:50051"],
    ["[::1]", "add the port, for example [::1]:50051"],
    ["::1", "put an IPv6 address in brackets and add the port: [::1]:50051"],
    ["dns:///localhost", "add the port, for example localhost:50051"],
    ["ipv4:127.0.0.1:1,127.0.0.1", "add the port, for example 127.0.0.1:50051"],
    ["localhost:0", "use a port from 1 to 65535"],
    ["localhost:65536", "use a port from 1 to 65535"],
    ["localhost:http", "for example 127.0.0.1:50051"],
    ["localhost:50051/index", "for example 127.0.0.1:50051"],
    [" localhost:50051", "for example 127.0.0.1:50051"],
    ["", "name the server"],
    [undefined, "pass a string"],
    ["unix:", "write unix:relative/path, unix:/absolute/path or unix:///absolute/path"],
    ["unix://host/path", "write unix:relative/path, unix:/absolute/path or unix:///absolute/path"],
    [`unix:/tmp/${"a".repeat(103)}`, "bytes: use a shorter one"],
  ])("refuses %j with the fix", (address, fix) => {
    const refusal = { code: "INVALID_PARAMETER", field: "address", expected: "host:port or unix:path" };
    expect(() => parseAddress(address, false)).toThrow(
      expect.objectContaining({ ...refusal, message: expect.stringContaining(fix) }),
    );
  });
});
