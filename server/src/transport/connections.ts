import { lookup } from "node:dns/promises";
import type { Http2Session } from "node:http2";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer, type TLSSocket, type Server as TlsServer } from "node:tls";
import type { Address } from "../config/address.js";
import { MAX_TIMER_MS } from "../config/limits.js";
import type { TlsMaterial } from "../config/read-tls.js";
import { limitAge } from "./connection-age.js";
import type { ConnectionRefusal, Intake } from "./intake.js";

/** A connection that was not let in, or that said nothing. */
export interface RefusedConnection {
  readonly peer: string;
  readonly reason: ConnectionRefusal | "handshake";
}

export interface ConnectionsOptions {
  readonly intake: Intake;
  /** Clear text without it. */
  readonly tls: TlsMaterial | undefined;
  /** Makes an HTTP/2 session of a socket. */
  readonly inject: (socket: Socket) => Http2Session;
  readonly onRefused: (refused: RefusedConnection) => void;
}

/**
 * The sockets of a listener, from their first byte. grpc-js's own listener accepts any number of them and waits for them forever. This one
 * closes a socket at once that is too many, and later one whose TLS handshake or HTTP/2 preface does not come; the others become HTTP/2 sessions.
 * It also closes sockets when the listener closes: Node ends a session only when its peer closes its side too, which a peer that is stopped or
 * cut off never does.
 */
export class Connections {
  readonly #options: ConnectionsOptions;
  readonly #tls: TlsServer | undefined;
  readonly #servers: Server[] = [];
  readonly #sockets = new Set<Socket>();
  /** Sockets that have not said yet that they speak HTTP/2. */
  readonly #handshaking = new Set<Socket>();
  /** What is to be called when the preface of an encrypted connection has come, by the socket under it. */
  readonly #encrypting = new WeakMap<Socket, () => void>();

  constructor(options: ConnectionsOptions) {
    this.#options = options;
    this.#tls = options.tls === undefined ? undefined : this.#createTls(options.tls);
  }

  /**
   * Listens; resolves to the port, 0 for a Unix socket. A host name stands for all of its addresses. Rejects with the system's error if none
   * of them can be listened on, or one of them is in use.
   */
  async listen(address: Address): Promise<number> {
    if (address.kind === "unix") {
      await this.#listenAt({ path: address.path });
      return 0;
    }
    const found = await lookup(address.host, { all: true });
    let { port } = address;
    let bound = 0;
    let failure: unknown;
    for (const { address: host } of found) {
      try {
        port = await this.#listenAt({ host, port });
        bound++;
      } catch (error) {
        failure ??= error;
        if ((error as NodeJS.ErrnoException).code === "EADDRINUSE") {
          break;
        }
      }
    }
    if (bound === 0 || (failure as NodeJS.ErrnoException | undefined)?.code === "EADDRINUSE") {
      await this.stop();
      throw failure;
    }
    return port;
  }

  /** Gives new connections other certificates; nothing without TLS. */
  replaceCertificates(tls: TlsMaterial): void {
    this.#tls?.setSecureContext(contextOf(tls));
  }

  /** Accepts no more, and closes the sockets that have no session yet. Resolves when all sockets are closed. */
  async stop(): Promise<void> {
    const closed = this.#servers.map((server) => new Promise((resolve) => server.close(resolve)));
    for (const socket of this.#handshaking) {
      socket.destroy();
    }
    await Promise.all(closed);
  }

  /** Closes each socket whose sending side has ended, as soon as the system has taken all that was written to it. */
  closeWritten(): void {
    for (const socket of this.#sockets) {
      if (socket.writableFinished) {
        socket.destroy();
      } else {
        socket.once("finish", () => socket.destroy());
      }
    }
  }

  /** Closes every socket at once. */
  destroy(): void {
    for (const socket of this.#sockets) {
      socket.destroy();
    }
  }

  async #listenAt(at: { path: string } | { host: string; port: number }): Promise<number> {
    const server = createServer((socket) => this.#accept(socket));
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(at, resolve);
    });
    this.#servers.push(server);
    return "path" in at ? 0 : (server.address() as AddressInfo).port;
  }

  #accept(socket: Socket): void {
    const { intake, onRefused } = this.#options;
    socket.on("error", () => undefined);
    const leave = intake.enterConnection(socket.remoteAddress);
    if (typeof leave === "string") {
      onRefused({ peer: peerOf(socket), reason: leave });
      socket.destroy();
      return;
    }
    this.#track(socket);
    socket.once("close", leave);
    const arrived = this.#expect(socket);
    if (this.#tls === undefined) {
      this.#startSession(socket, arrived);
    } else {
      this.#encrypting.set(socket, arrived);
      this.#tls.emit("connection", socket);
    }
  }

  #createTls(tls: TlsMaterial): TlsServer {
    const callers = { requestCert: tls.clientCa !== undefined, rejectUnauthorized: tls.clientCa !== undefined };
    // The time runs from when a socket is accepted; Node's own time is only to be no shorter.
    const handshakeTimeout = Math.min(MAX_TIMER_MS, 2 * this.#options.intake.limits.handshakeMs);
    const options = { ...contextOf(tls), ...callers, ALPNProtocols: ["h2"], handshakeTimeout };
    return createTlsServer(options, (socket) => {
      socket.on("error", () => undefined);
      this.#track(socket);
      // Node keeps the socket under an encrypted one there, and has no other name for it.
      const { _parent: under } = socket as TLSSocket & { _parent?: Socket };
      const arrived = under === undefined ? undefined : this.#encrypting.get(under);
      if (arrived === undefined) {
        throw new TypeError("this version of Node keeps the socket under an encrypted one elsewhere");
      }
      this.#startSession(socket, arrived);
    });
  }

  #track(socket: Socket): void {
    this.#sockets.add(socket);
    socket.once("close", () => this.#sockets.delete(socket));
  }

  #startSession(socket: Socket, arrived: () => void): void {
    const session = this.#options.inject(socket);
    // The settings of the peer are what its preface ends with.
    session.once("remoteSettings", arrived);
    limitAge(session, this.#options.intake.limits);
  }

  /** Closes a socket from which nothing comes in time; returns what is to be called when it has come. */
  #expect(socket: Socket): () => void {
    this.#handshaking.add(socket);
    const timer = setTimeout(() => {
      this.#options.onRefused({ peer: peerOf(socket), reason: "handshake" });
      socket.destroy();
    }, this.#options.intake.limits.handshakeMs);
    const arrived = (): void => {
      clearTimeout(timer);
      this.#handshaking.delete(socket);
    };
    socket.once("close", arrived);
    return arrived;
  }
}

function contextOf({ cert, key, clientCa }: TlsMaterial): { cert: Buffer; key: Buffer; ca?: Buffer } {
  return clientCa === undefined ? { cert, key } : { cert, key, ca: clientCa };
}

function peerOf({ remoteAddress, remotePort }: Socket): string {
  return remoteAddress === undefined ? "unknown" : `${remoteAddress}:${remotePort}`;
}
