import type { Http2Session } from "node:http2";
import type { Limits } from "../config/limits.js";
import type { Descriptors } from "../observe/descriptors.js";
import { ReceiveBudget, Share } from "./receive-budget.js";

/** Groups of 16 bits of an IPv6 address that name a network: providers give each customer a /64 at least. */
const IPV6_GROUPS = 4;

/** What one peer has open: all connections from one address. */
export interface Peer {
  /** The address; empty for a connection without one, as of a Unix socket, which is a peer by itself. */
  readonly address: string;
  /** Open sockets. */
  connections: number;
  /** Open sockets and HTTP/2 sessions: the peer is known as long as there are any. */
  holders: number;
  /** Calls from their headers to the end of their HTTP/2 stream. */
  calls: number;
  readonly share: Share;
}

/** Why a connection is not let in: the limit that it would exceed. */
export type ConnectionRefusal = "connections" | "connectionsPerPeer" | "descriptors";

/** What one connection has open. */
export interface Connection {
  readonly peer: Peer;
  /** Of the connection, its peer, and the server. */
  readonly shares: readonly Share[];
}

/** Numbers for the metrics. */
export interface IntakeState {
  readonly connections: number;
  readonly calls: number;
  readonly arriving: number;
  readonly messageBytes: number;
  readonly messagesWaiting: number;
}

/**
 * Everything that peers can make the server hold, on all its listeners: their calls, and the memory of their messages, for each connection, for
 * each peer, and in all.
 */
export class Intake {
  readonly budget = new ReceiveBudget();
  readonly limits: Limits;
  /** Calls whose request has not come whole. */
  arriving = 0;
  readonly #all: Share;
  readonly #peers = new Map<string, Peer>();
  readonly #connections = new WeakMap<Http2Session, Connection>();
  readonly #descriptors: Pick<Descriptors, "hasRoom" | "opened" | "closed"> | undefined;
  #calls = 0;
  #open = 0;

  /** @param descriptors of the process; without them, there are enough. */
  constructor(limits: Limits, descriptors?: Pick<Descriptors, "hasRoom" | "opened" | "closed">) {
    this.limits = limits;
    this.#descriptors = descriptors;
    this.#all = new Share(limits.messageBytes);
  }

  get state(): IntakeState {
    return {
      connections: this.#open,
      calls: this.#calls,
      arriving: this.arriving,
      messageBytes: this.#all.used,
      messagesWaiting: this.budget.waiting,
    };
  }

  /** Takes room for a connection from an address, and returns what gives it back; the limit's name if there is no room. */
  enterConnection(remote: string | undefined): (() => void) | ConnectionRefusal {
    if (this.#open >= this.limits.connections) {
      return "connections";
    }
    if (this.#descriptors?.hasRoom === false) {
      return "descriptors";
    }
    const peer = this.#enter(remote);
    if (peer.connections >= this.limits.connectionsPerPeer) {
      this.#leave(peer);
      return "connectionsPerPeer";
    }
    this.#open++;
    peer.connections++;
    this.#descriptors?.opened();
    return () => {
      this.#open--;
      peer.connections--;
      this.#descriptors?.closed();
      this.#leave(peer);
    };
  }

  /** The connection of an HTTP/2 session, until which closes its peer is known. */
  connectionOf(session: Http2Session): Connection {
    let connection = this.#connections.get(session);
    if (connection === undefined) {
      const peer = this.#enter(session.socket.remoteAddress);
      session.once("close", () => this.#leave(peer));
      connection = { peer, shares: [new Share(this.limits.messageBytesPerConnection), peer.share, this.#all] };
      this.#connections.set(session, connection);
    }
    return connection;
  }

  /** Takes room for a call, and returns what gives it back; the limit's name if there is no room. */
  enterCall({ peer }: Connection): (() => void) | "calls" | "callsPerPeer" {
    if (this.#calls >= this.limits.calls) {
      return "calls";
    }
    if (peer.calls >= this.limits.callsPerPeer) {
      return "callsPerPeer";
    }
    this.#calls++;
    peer.calls++;
    return () => {
      this.#calls--;
      peer.calls--;
    };
  }

  #enter(remote: string | undefined): Peer {
    const address = peerAddress(remote);
    let peer = address === "" ? undefined : this.#peers.get(address);
    if (peer === undefined) {
      peer = { address, connections: 0, holders: 0, calls: 0, share: new Share(this.limits.messageBytesPerPeer) };
      if (address !== "") {
        this.#peers.set(address, peer);
      }
    }
    peer.holders++;
    return peer;
  }

  #leave(peer: Peer): void {
    peer.holders--;
    if (peer.holders === 0 && this.#peers.get(peer.address) === peer) {
      this.#peers.delete(peer.address);
    }
  }
}

/** What stands for a peer: an IPv4 address, or the /64 of an IPv6 address, within which a peer can choose freely. */
export function peerAddress(remote: string | undefined): string {
  if (remote === undefined) {
    return "";
  }
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(remote);
  if (mapped !== null) {
    return mapped[1] as string;
  }
  if (!remote.includes(":")) {
    return remote;
  }
  const [head = "", tail] = remote.replace(/%.*$/, "").split("::");
  const groups = head === "" ? [] : head.split(":");
  if (tail !== undefined) {
    const rest = tail === "" ? [] : tail.split(":");
    groups.push(...new Array<string>(Math.max(0, 2 * IPV6_GROUPS - groups.length - rest.length)).fill("0"), ...rest);
  }
  return `${groups.slice(0, IPV6_GROUPS).join(":")}::/64`;
}
