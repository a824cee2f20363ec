/** The servers that h2spec and the other programs talk to, all on loopback and ports that the system chose. */

import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createSecureServer, createServer, type ServerHttp2Session } from "node:http2";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { type RunningServer, start } from "@maxsimd/server";

/** Streams of a connection, as maxsimd's default allows them: h2spec exceeds the number that a server announces. */
const CONCURRENT_STREAMS = 100;

export interface Peer {
  readonly port: number;
  stop(): Promise<void>;
}

/** maxsimd's three listeners. */
export interface OurServers {
  /** Data listener without TLS, and admin listener. */
  readonly plain: RunningServer;
  /** Data listener with TLS. */
  readonly tls: RunningServer;
  /** PEM file of the certificate, which signed itself. */
  readonly certificate: string;
  stop(): Promise<void>;
}

/** Serves a catalog without and with TLS. The certificate is written into `folder`. */
export async function startOurs(catalog: string, folder: string): Promise<OurServers> {
  const [cert, key] = [join(folder, "server.crt"), join(folder, "server.key")];
  execFileSync(
    "openssl",
    [
      ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"],
      ...["-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost"],
      ...["-keyout", key, "-out", cert],
    ],
    { stdio: "pipe" },
  );
  // A busy machine is no fault of the protocol: queries may wait, and take, as long as they have to.
  const shared = {
    data: catalog,
    port: 0,
    metrics: "127.0.0.1:0",
    log: { level: "error" },
    limits: { queueMs: 60_000, searchMs: 60_000 },
  } as const;
  const plain = await start({ ...shared, admin: "127.0.0.1:0" });
  const tls = await start({ ...shared, tls: { cert, key } });
  return {
    plain,
    tls,
    certificate: cert,
    async stop() {
      await Promise.all([plain.drain(), tls.drain()]);
    },
  };
}

/** How a server of Node's own HTTP/2 answers. `headers`: as a gRPC server answers a call that it refuses, by headers alone. */
export type Answer = "body" | "headers";

/** A server of Node's own HTTP/2 alone, which answers every request at once. With `keys`, the folder of {@link startOurs}, it has TLS. */
export async function startPlainNode(answer: Answer, keys?: string): Promise<Peer> {
  const settings = { maxConcurrentStreams: CONCURRENT_STREAMS };
  const server =
    keys === undefined
      ? createServer({ settings })
      : createSecureServer({
          settings,
          cert: readFileSync(join(keys, "server.crt")),
          key: readFileSync(join(keys, "server.key")),
        });
  server.on("stream", (stream) => {
    // What h2spec does is an error of its stream or session, each time.
    stream.on("error", () => undefined);
    if (answer === "headers") {
      stream.respond({ ":status": 415 }, { endStream: true });
    } else {
      stream.respond({ ":status": 200, "content-type": "text/plain" });
      stream.end("every request gets this line\n");
    }
  });
  const sessions = new Set<ServerHttp2Session>();
  server.on("session", (session) => sessions.add(session.once("close", () => sessions.delete(session))));
  server.on("sessionError", () => undefined);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    async stop() {
      const closed = once(server, "close");
      server.close();
      for (const session of sessions) session.destroy();
      await closed;
    },
  };
}

/** grpcurl's test server, which is grpc-go with its defaults. @param command what runs it */
export async function startGrpcGo(command: string): Promise<Peer> {
  const child = spawn(command, ["-q"], { stdio: ["ignore", "pipe", "pipe"] });
  const ended = once(child, "exit");
  const port = await new Promise<number>((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code) => reject(new Error(`grpcurl's test server ended with ${code} before it listened`)));
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on("line", (line) => {
        const found = /\bListening on 127\.0\.0\.1:(\d+)/i.exec(line)?.[1];
        if (found !== undefined) resolve(Number(found));
      });
    }
  });
  return {
    port,
    async stop() {
      child.kill();
      await ended;
    },
  };
}
