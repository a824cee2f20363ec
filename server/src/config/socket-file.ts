import { chmod, lstat, rm } from "node:fs/promises";
import { connect } from "node:net";
import { dirname } from "node:path";
import { StartError } from "../errors/start-error.js";

/** Who may connect to a socket file: the owner alone, or its group too. */
export const SOCKET_MODE = { owner: 0o600, group: 0o660 } as const;

/**
 * Makes room for a Unix socket: removes one that a killed process left behind. Throws StartError if a process listens there,
 * something else is in the way, or its directory is missing.
 */
export async function clearSocketFile(path: string): Promise<void> {
  // libuv reports a missing directory as a lack of permission.
  if ((await lstat(dirname(path)).catch(() => undefined)) === undefined) {
    throw new StartError("ENOENT", `unix:${path}: its directory does not exist; make it, or choose another path`);
  }
  const found = await lstat(path).catch(() => undefined);
  if (found === undefined) {
    return;
  }
  if (!found.isSocket()) {
    throw new StartError(
      "EEXIST",
      `unix:${path}: a file is there that is not a socket; remove it, or choose another path`,
    );
  }
  if (await isListening(path)) {
    throw new StartError("EADDRINUSE", `unix:${path}: another process listens there; stop it, or choose another path`);
  }
  await rm(path);
}

/** Restricts who may connect; connecting to a socket file needs write access to it. */
export async function restrictSocketFile(path: string, mode: number): Promise<void> {
  await chmod(path, mode);
}

function isListening(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}
