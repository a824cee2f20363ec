import { AdminClient, type CallOptions } from "@maxsimd/client";
import type { Command } from "commander";
import { defineCommand, type Report, reporting } from "../command.js";
import { usageFailure } from "../failure.js";
import { addConnectionOptions, type ConnectionFlags, withClient } from "../options/connection.js";
import type { Session } from "../session.js";

interface Flags extends ConnectionFlags {
  admin?: string;
}

/** `maxsimd swap`: makes a version current while queries are answered. */
export function swapCommand(session: Session): Command {
  const examples = [
    "maxsimd swap papers 2026-11-24 --admin unix:/run/maxsimd/admin.sock",
    "MAXSIMD_ADMIN=127.0.0.1:50052 maxsimd swap papers 2026-11-24 --json",
  ];
  const command = defineCommand("swap", "make a version the one that answers, and load it first if needed", examples);
  return adminCommand(session, command, VERSION, async (client, index, version, options) => {
    const { current, previous } = await client.swapIndex(index, version, options);
    const before = previous === undefined ? "" : `, instead of ${previous.version}`;
    const text = `${current.index}: ${current.version} answers now${before} (${current.digest.slice(0, 12)})`;
    return { json: { current, previous: previous ?? null }, text };
  });
}

/** `maxsimd load`: loads a version next to the current one. */
export function loadCommand(session: Session): Command {
  const examples = [
    "maxsimd load papers 2026-11-24 --admin 127.0.0.1:50052",
    "maxsimd search --queries q.npy --index papers --version 2026-11-24   # try it before it is current",
  ];
  const command = defineCommand("load", "load, verify and warm a version without making it current", examples);
  return adminCommand(session, command, VERSION, async (client, index, version, options) => {
    const loaded = await client.loadIndex(index, version, options);
    return { json: { loaded }, text: `${loaded.index}: ${loaded.version} is loaded (${loaded.digest.slice(0, 12)})` };
  });
}

/** `maxsimd unload`: takes a version, or a whole index, out of service. */
export function unloadCommand(session: Session): Command {
  const examples = [
    "maxsimd unload papers 2026-11-23 --admin 127.0.0.1:50052",
    "maxsimd unload papers --admin 127.0.0.1:50052   # the whole index",
  ];
  const argument = ["[version]", "label of the version; without it the whole index"] as const;
  const summary = "take a version that is not current, or a whole index, out of service";
  return adminCommand(session, defineCommand("unload", summary, examples), argument, async (client, index, ...rest) => {
    const [version, options] = rest;
    await client.unloadIndex(index, version, options);
    const what = version === "" ? index : `version ${version} of ${index}`;
    return { json: { unloaded: { index, version: version || null } }, text: `${what} is out of service` };
  });
}

const VERSION = ["<version>", "label of the version in the server's catalog"] as const;

/** A call to the admin listener about one index and, unless it is empty, a version. */
type AdminCall = (client: AdminClient, index: string, version: string, options: CallOptions) => Promise<Report>;

function adminCommand(session: Session, command: Command, version: readonly [string, string], call: AdminCall) {
  const withArguments = command
    .argument("<index>", "name of the index")
    .argument(...version)
    .option("--admin <address>", "admin listener, host:port or unix:path (default: the variable MAXSIMD_ADMIN)");
  return addConnectionOptions(withArguments).action(
    reporting(session, (index: string, label: string | undefined, flags: Flags) => {
      const address = flags.admin ?? session.settings.admin;
      if (address === undefined) {
        throw usageFailure("say where the admin listener is: --admin <address>, or MAXSIMD_ADMIN");
      }
      return withClient(AdminClient, address, flags, session, (client) =>
        call(client, index, label ?? "", { signal: session.interruption() }),
      );
    }),
  );
}
