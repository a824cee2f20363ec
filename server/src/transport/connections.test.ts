import { once } from "node:events";
import { connect as connectHttp2 } from "node:http2";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { connect as connectTls } from "node:tls";
import { create } from "@bufbuild/protobuf";
import { SearchResponseSchema, SearchService } from "@maxsimd/proto";
import { afterEach, expect, it } from "vitest";
import { Certificates } from "../../testing/certificates.js";
import { type Probe, type ProbeOptions, startProbe } from "../../testing/probe-listener.js";
import { RawClient } from "../../testing/raw-client.js";
import { temporaryFolder } from "../../testing/sample-index.js";
import type { Limits } from "../config/limits.js";

// The promise: a server has so many connections, in all and from one peer, and each says soon what it is for.

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function listen(limits: Partial<Limits>, options: ProbeOptions = {}): Promise<Probe> {
  const probe = await startProbe({ search: () => create(SearchResponseSchema) }, limits, undefined, options);
  closing.push(() => probe.listener.drain(0));
  return probe;
}

/** A connection on which nothing is sent. */
async function connectTo(address: string, from?: string): Promise<Socket> {
  const [host, port] = address.split(":");
  const at = host === "unix" ? { path: port as string } : { host, port: Number(port), localAddress: from };
  const socket = connect(at as { path: string }).on("error", () => undefined);
  closing.push(() => socket.destroy());
  await once(socket, "connect");
  return socket;
}

async function temporary(): Promise<string> {
  const folder = await temporaryFolder();
  closing.push(folder.remove);
  return folder.path;
}

async function answers(probe: Probe, client = new RawClient(probe.address)): Promise<void> {
  closing.push(() => client.close());
  await client.unary(SearchService.method.search, {});
}

it("closes connections that are too many in all, and lets others in when some have left", async () => {
  const probe = await listen({ connections: 3, connectionsPerPeer: 3 });
  const sockets = await Promise.all(Array.from({ length: 3 }, () => connectTo(probe.address)));
  await once((await connectTo(probe.address)).resume(), "close");
  expect(probe.refusedConnections).toMatchObject([{ reason: "connections" }]);
  expect(probe.intake.state.connections).toBe(3);
  sockets[0]?.destroy();
  await answers(probe);
});

it("closes connections that are too many of one peer, and no others", async () => {
  const probe = await listen({ connectionsPerPeer: 2 });
  await connectTo(probe.address, "127.0.0.2");
  await connectTo(probe.address, "127.0.0.2");
  await once((await connectTo(probe.address, "127.0.0.2")).resume(), "close");
  expect(probe.refusedConnections).toMatchObject([
    { reason: "connectionsPerPeer", peer: expect.stringMatching(/^127\.0\.0\.2:/) },
  ]);
  await answers(probe);
});

it("takes each connection of a Unix socket for another peer", async () => {
  const path = join(await temporary(), "data.sock");
  const probe = await listen({ connectionsPerPeer: 1 }, { address: { kind: "unix", path } });
  await connectTo(probe.address);
  await connectTo(probe.address);
  await answers(probe);
});

it("closes connections for which too few descriptors are left", async () => {
  let closed = 0;
  const descriptors = { hasRoom: true, opened: () => undefined, closed: () => closed++ };
  const probe = await listen({}, { descriptors });
  const socket = await connectTo(probe.address);
  await expect.poll(() => probe.intake.state.connections).toBe(1);
  descriptors.hasRoom = false;
  await once((await connectTo(probe.address)).resume(), "close");
  expect(probe.refusedConnections).toMatchObject([{ reason: "descriptors" }]);
  socket.destroy();
  await expect.poll(() => closed).toBe(1);
});

it("closes a connection on which no preface comes in time, and none on which it came", async () => {
  const probe = await listen({ handshakeMs: 100 });
  const [silent, half] = [await connectTo(probe.address), await connectTo(probe.address)];
  half.write("PRI * HTTP/2.0\r\n");
  const idle = connectHttp2(`http://${probe.address}`);
  closing.push(() => idle.destroy());
  await Promise.all([silent, half].map((socket) => once(socket.resume(), "close")));
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(idle.destroyed).toBe(false);
  expect(probe.refusedConnections.map(({ reason }) => reason)).toEqual(["handshake", "handshake"]);
});

it("in TLS, closes one on which no handshake comes in time, or no preface after it", async () => {
  const certificates = new Certificates(await temporary());
  certificates.authority("ca");
  certificates.make("server");
  const tls = { cert: certificates.pem("server.crt"), key: certificates.pem("server.key"), clientCa: undefined };
  const probe = await listen({ handshakeMs: 300 }, { tls });
  const silent = await connectTo(probe.address);
  const [host, port] = probe.address.split(":");
  const options = { host, port: Number(port), ca: certificates.pem("ca.crt"), ALPNProtocols: ["h2"] };
  const encrypted = connectTls(options).on("error", () => undefined);
  const client = new RawClient(probe.address, {}, certificates.client());
  await Promise.all([once(silent.resume(), "close"), once(encrypted.resume(), "close"), answers(probe, client)]);
  await client.unary(SearchService.method.search, {});
  expect(probe.refusedConnections.map(({ reason }) => reason)).toEqual(["handshake", "handshake"]);
});

it("listens on what a host name stands for, and rejects with the error of the system if its port is taken", async () => {
  const probe = await listen({}, { address: { kind: "tcp", host: "localhost", port: 0 } });
  await answers(probe);
  const port = Number(probe.address.split(":")[1]);
  await expect(listen({}, { address: { kind: "tcp", host: "localhost", port } })).rejects.toMatchObject({
    code: "EADDRINUSE",
  });
});
