import type { Command } from "commander";
import type { Session } from "../session.js";
import { adminCommand } from "./admin-command.js";

const EXAMPLES = [
  "maxsimd unload papers 2026-11-23 --admin 127.0.0.1:50052",
  "maxsimd unload papers --admin 127.0.0.1:50052   # the whole index",
];

/** `maxsimd unload`: takes a version, or a whole index, out of service. */
export function unloadCommand(session: Session): Command {
  return adminCommand(
    session,
    ["unload", "take a version that is not current, or a whole index, out of service", EXAMPLES],
    ["[version]", "label of the version; without it the whole index"],
    async (client, index, version, options) => {
      await client.unloadIndex(index, version, options);
      const what = version === "" ? index : `version ${version} of ${index}`;
      return { json: { unloaded: { index, version: version || null } }, text: `${what} is out of service` };
    },
  );
}
