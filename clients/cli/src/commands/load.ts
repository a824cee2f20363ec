import type { Command } from "commander";
import type { Session } from "../session.js";
import { adminCommand } from "./admin-command.js";

const EXAMPLES = [
  "maxsimd load papers 2026-11-24 --admin 127.0.0.1:50052",
  "maxsimd search --queries q.npy --index papers --version 2026-11-24   # try it before it is current",
];

/** `maxsimd load`: loads a version beside the current one. */
export function loadCommand(session: Session): Command {
  return adminCommand(
    session,
    ["load", "load, verify and warm a version without making it current", EXAMPLES],
    ["<version>", "label of the version in the server's catalog"],
    async (client, index, version, options) => {
      const loaded = await client.loadIndex(index, version, options);
      const text = `${loaded.index}: ${loaded.version} is loaded (${loaded.digest.slice(0, 12)})`;
      return { json: { loaded }, text };
    },
  );
}
