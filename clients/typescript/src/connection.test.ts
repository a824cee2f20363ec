import { mkdtempSync, rmSync } from "node:fs";
import { createServer as createWebServer } from "node:http";
import { type AddressInfo, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ServerCredentials } from "@grpc/grpc-js";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { type Certificate, selfSigned } from "../peer/certificates.js";
import { NaiveServer } from "../peer/naive-server.js";
import { MaxsimClient } from "./client.js";
import type { MaxsimRpcError } from "./errors/maxsim-rpc-error.js";
import type { ClientOptions } from "./options.js";

// The promise: a client that cannot connect says in one sentence why, and how to fix it.

let own: Certificate;
let other: Certificate;
let plain: NaiveServer;
let secure: NaiveServer;
let strict: NaiveServer;
let web: Server;
const port = (server: Server) => `127.0.0.1:${(server.address() as AddressInfo).port}`;

beforeAll(async () => {
  own = selfSigned("DNS:localhost", "IP:127.0.0.1");
  other = selfSigned("DNS:elsewhere");
  const pair = [{ cert_chain: own.cert, private_key: own.key }];
  plain = await NaiveServer.start();
  secure = await NaiveServer.start({ credentials: ServerCredentials.createSsl(null, pair) });
  strict = await NaiveServer.start({ credentials: ServerCredentials.createSsl(other.cert, pair, true) });
  web = createWebServer((_, response) => response.end("a page"));
  await new Promise<void>((resolve) => web.listen(0, "127.0.0.1", resolve));
});
afterAll(() => {
  for (const server of [plain, secure, strict]) server.stop();
  web.close();
});
afterEach(() => vi.unstubAllEnvs());

async function errorOf(address: string, options: ClientOptions = {}): Promise<MaxsimRpcError> {
  let client: MaxsimClient | undefined;
  try {
    client = new MaxsimClient(address, { maxAttempts: 1, ...options });
    await client.describe();
  } catch (error) {
    return error as MaxsimRpcError;
  } finally {
    client?.close();
  }
  throw new Error("the call did not fail");
}

describe("a connection that is not made", () => {
  it.each<[name: string, fix: string, address: () => string, tls?: () => ClientOptions["tls"]]>([
    ["plain text to TLS", "set tls if it uses TLS", () => secure.address],
    ["TLS to plain text", "the server does not speak TLS: leave tls out", () => plain.address, () => true],
    ["an unknown authority", "pass the authority as tls.ca", () => secure.address, () => true],
    ["the wrong authority", "authority as tls.ca", () => secure.address, () => ({ ca: other.cert })],
    ["another name", "set tls.serverName", () => secure.address, () => ({ ca: own.cert, serverName: "elsewhere" })],
    ["no client certificate", "pass one as tls.cert and tls.key", () => strict.address, () => ({ ca: own.cert })],
    ["a rejected client certificate", "this client's tls.cert", () => strict.address, () => ({ ca: own.cert, ...own })],
    ["another protocol", "does not speak gRPC: correct the port", () => port(web)],
    ["nothing there", "nothing listens there: start the server or correct the address", () => "127.0.0.1:1"],
    ["no socket", "no socket has this path", () => "unix:/nowhere/maxsimd.sock"],
    ["no such host", "the host's name does not resolve: correct it", () => "nosuch.invalid:50051"],
  ])("says the fix for %s", async (_, fix, address, tls) => {
    const error = await errorOf(address(), { tls: tls?.() });
    expect(error).toMatchObject({ name: "MaxsimRpcError", code: "UNAVAILABLE" });
    expect(error.message).toContain(`no connection to ${address()}: `);
    expect(error.message).toContain(fix);
    expect(error.message).not.toMatch(/\n|SSL routines|Error:|undefined|null/);
  });

  it("is reported when the deadline passes first", async () => {
    const silent = createServer();
    await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
    const error = await errorOf(port(silent), { timeoutMs: 100 });
    silent.close();
    expect(error.code).toBe("DEADLINE_EXPIRED");
    expect(error.message).toMatch(/^no connection to 127\.0\.0\.1:\d+ within 0\.[01]\d*s: check that the server runs/);
  });

  it("is explained by connect as well, which waits for the server until the deadline", async () => {
    const failure = MaxsimClient.connect(plain.address, { tls: true, timeoutMs: 300 });
    await expect(failure).rejects.toThrow("the server does not speak TLS: leave tls out");
  });
});

describe("TLS options", () => {
  it.each<[name: string, field: string, message: string, tls: () => ClientOptions["tls"]]>([
    ["swapped", "tls.cert", "are swapped: exchange them", () => ({ cert: own.key, key: own.cert })],
    ["half a pair", "tls.key", "add tls.key", () => ({ cert: own.cert })],
    ["the other half", "tls.cert", "add tls.cert", () => ({ key: own.key })],
    ["a path", "tls.ca", "pass the file's content, not its path", () => ({ ca: "/etc/ssl/ca.pem" })],
    [
      "a key as authority",
      "tls.ca",
      "expected PEM with BEGIN CERTIFICATE, got PEM of another kind",
      () => ({ ca: own.key }),
    ],
    ["two pairs mixed", "tls.key", "give the two that belong together", () => ({ cert: own.cert, key: other.key })],
    [
      "damaged PEM",
      "tls",
      "expected PEM that OpenSSL can read",
      () => ({ cert: "-----BEGIN CERTIFICATE-----\nAA\n", key: own.key }),
    ],
  ])("are refused by the constructor: %s", async (_, field, message, tls) => {
    const error = await errorOf(secure.address, { tls: tls() });
    expect(error).toMatchObject({ name: "MaxsimRpcError", code: "INVALID_PARAMETER", field });
    expect(error.message).toContain(message);
  });

  it("connect when they are right", async () => {
    const client = await MaxsimClient.connect(secure.address, { tls: { ca: own.cert } });
    expect((await client.describe()).dim).toBe(2);
    client.close();
  });
});

it("does not use a proxy of the environment for loopback and Unix-socket addresses", async () => {
  const asked: string[] = [];
  const proxy = createWebServer().on("connect", (request, socket) => {
    asked.push(request.url ?? "");
    socket.end("HTTP/1.1 502 Bad Gateway\r\n\r\n");
  });
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  for (const name of ["grpc_proxy", "https_proxy", "http_proxy"]) vi.stubEnv(name, `http://${port(proxy)}`);
  for (const name of ["no_grpc_proxy", "no_proxy"]) vi.stubEnv(name, undefined);
  const folder = mkdtempSync(join(tmpdir(), "maxsimd-socket-"));
  const socket = await NaiveServer.start({ address: `unix:${join(folder, "s")}` });
  try {
    for (const address of [
      plain.address,
      `localhost:${plain.port}`,
      `dns:///localhost:${plain.port}`,
      socket.address,
    ]) {
      const client = new MaxsimClient(address);
      expect((await client.describe()).dim).toBe(2);
      client.close();
    }
    expect(asked).toEqual([]);
    // Other addresses still go through it.
    await errorOf("search.invalid:50051");
    expect(asked).toEqual(["search.invalid:50051"]);
  } finally {
    socket.stop();
    proxy.close();
    rmSync(folder, { recursive: true });
  }
});

it("refuses every call after close with a typed error", async () => {
  const client = new MaxsimClient(plain.address);
  client.close();
  const closed = { name: "MaxsimRpcError", code: "FAILED_PRECONDITION", expected: "an open client" };
  await expect(client.search([[1, 0]])).rejects.toMatchObject(closed);
  await expect(client.searchBatchAll([[[1, 0]]])).rejects.toMatchObject(closed);
  await expect(client.searchStream([{ query: [[1, 0]] }]).next()).rejects.toMatchObject(closed);
  await expect(client.health()).rejects.toMatchObject(closed);
  client.close();
});
