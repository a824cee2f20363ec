import { MaxsimClient } from "@maxsimd/client";
import { formatBytes, formatCount } from "@maxsimd/report/format";
import type { Command } from "commander";
import { defineCommand, type Report, reporting } from "../command.js";
import { addConnectionOptions, type ConnectionFlags, withClient } from "../options/connection.js";
import { table } from "../output/table.js";
import type { Session } from "../session.js";

interface Flags extends ConnectionFlags {
  server?: string;
}

const EXAMPLES = [
  "maxsimd list",
  "maxsimd list --server search-1:50051",
  "maxsimd list --json | tail -n 1 | jq .indexes",
];

/** `maxsimd list`: the indexes of a server. */
export function listCommand(session: Session): Command {
  const command = defineCommand("list", "list the indexes of a server with their versions", EXAMPLES).option(
    "--server <address>",
    "server to ask (default: the variable MAXSIMD_SERVER, or 127.0.0.1:50051)",
  );
  return addConnectionOptions(command).action(reporting(session, (flags: Flags) => list(session, flags)));
}

function list(session: Session, flags: Flags): Promise<Report> {
  const address = flags.server ?? session.settings.server;
  return withClient(MaxsimClient, address, flags, session, async (client) => {
    const indexes = await client.listIndexes({ signal: session.interruption() });
    const served = indexes.flatMap(({ index, versions }) => versions.map((version) => ({ index, ...version })));
    const text = table(served, [
      ["index", ({ index }) => index],
      ["version", ({ indexVersion }) => indexVersion.version],
      ["state", ({ state }) => state.toLowerCase()],
      ["documents", ({ documents }) => formatCount(documents), "number"],
      ["size", ({ indexBytes }) => formatBytes(indexBytes), "number"],
      ["digest", ({ indexVersion }) => indexVersion.digest.slice(0, 12)],
    ]);
    return { json: { server: address, indexes }, text: served.length === 0 ? "no indexes" : text };
  });
}
