import type { Server, Socket } from "node:net";

/**
 * The sockets of a listener. HTTP/2 sessions alone do not close them: Node waits until the peer closes its side too, which a peer that is
 * stopped or cut off never does.
 */
export class Connections {
  readonly #sockets = new Set<Socket>();

  /** Tracks what the server accepts from now on: every socket from its first byte, and in TLS also the encrypted one over it. */
  watch(server: Server): void {
    for (const event of ["connection", "secureConnection"]) {
      server.on(event, (socket: Socket) => {
        this.#sockets.add(socket);
        socket.once("close", () => this.#sockets.delete(socket));
      });
    }
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
}
