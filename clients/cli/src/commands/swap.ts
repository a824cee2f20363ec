import type { Command } from "commander";
import type { Session } from "../session.js";
import { adminCommand } from "./admin-command.js";

const EXAMPLES = [
  "maxsimd swap papers 2026-11-24 --admin unix:/run/maxsimd/admin.sock",
  "MAXSIMD_ADMIN=127.0.0.1:50052 maxsimd swap papers 2026-11-24 --json",
];

/** `maxsimd swap`: makes a version current, while traffic flows. */
export function swapCommand(session: Session): Command {
  return adminCommand(
    session,
    ["swap", "load a version if need be, and make it the one that answers", EXAMPLES],
    ["<version>", "label of the version in the server's catalog"],
    async (client, index, version, options) => {
      const { current, previous } = await client.swapIndex(index, version, options);
      const before = previous === undefined ? "" : `, instead of ${previous.version}`;
      const text = `${current.index}: ${current.version} answers now${before} (${current.digest.slice(0, 12)})`;
      return { json: { current, previous: previous ?? null }, text };
    },
  );
}
