import { AdminClient, type CallOptions } from "@maxsimd/client";
import type { Command } from "commander";
import { defineCommand, type Report, reporting } from "../command.js";
import { EXIT } from "../exit-code.js";
import { CommandFailure } from "../failure.js";
import { addConnectionOptions, type ConnectionFlags, connectionOptions } from "../options/connection.js";
import type { Session } from "../session.js";

interface Flags extends ConnectionFlags {
  admin?: string;
}

/** A call to the admin listener, about one index and, where it takes one, a version. */
export type AdminCall = (client: AdminClient, index: string, version: string, options: CallOptions) => Promise<Report>;

/** A command that makes one call to the admin listener. */
export function adminCommand(
  session: Session,
  [name, summary, examples]: [name: string, summary: string, examples: readonly string[]],
  [version, about]: [argument: string, about: string],
  call: AdminCall,
): Command {
  const command = defineCommand(name, summary, examples)
    .argument("<index>", "name of the index")
    .argument(version, about)
    .option("--admin <address>", "admin listener, host:port or unix:path (default: the variable MAXSIMD_ADMIN)");
  return addConnectionOptions(command).action(
    reporting(session, async (index: string, label: string | undefined, flags: Flags) => {
      const address = flags.admin ?? session.settings.admin;
      if (address === undefined) {
        throw new CommandFailure(EXIT.USAGE, "say where the admin listener is: --admin <address>, or MAXSIMD_ADMIN");
      }
      const client = new AdminClient(address, connectionOptions(flags, session));
      try {
        return await call(client, index, label ?? "", { signal: session.interruption() });
      } finally {
        client.close();
      }
    }),
  );
}
