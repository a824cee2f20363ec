import { chmod, lstat, rm } from "node:fs/promises";
import { connect } from "node:net";
import { ConfigError } from "./config-error.js";

/**
 * Makes room for a Unix socket: removes one that a killed process left behind. Throws ConfigError when somebody listens
 * there, or something else is in the way.
 */
export async function clearSocketFile(path: string): Promise<void> {
  const found = await lstat(path).catch(() => undefined);
  if (found === undefined) {
    return;
  }
  if (!found.isSocket()) {
    throw new ConfigError(`admin: expected a free path for a socket, got a file at ${path}`);
  }
  if (await isListening(path)) {
    throw new ConfigError(`admin: expected a free path for a socket, got one that a process listens on at ${path}`);
  }
  await rm(path);
}

/** Only the owner may connect. */
export async function restrictSocketFile(path: string): Promise<void> {
  await chmod(path, 0o600);
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
