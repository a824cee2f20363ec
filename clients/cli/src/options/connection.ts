import { readFileSync } from "node:fs";
import type { ConnectionOptions, TlsOptions } from "@maxsimd/client";
import { requireFiles } from "@maxsimd/report/dataset";
import type { Command } from "commander";
import type { Session } from "../session.js";
import { integer } from "./numbers.js";

/** The values of the options below. */
export interface ConnectionFlags {
  timeout?: number;
  tokenFile?: string;
  tls?: boolean;
  ca?: string;
  cert?: string;
  key?: string;
  serverName?: string;
}

/** Adds the options of every command that calls a server. */
export function addConnectionOptions(command: Command): Command {
  return command
    .option("--timeout <ms>", "deadline of the call in milliseconds", integer(1))
    .option("--token-file <file>", "file with the bearer token to send (default: the variable MAXSIMD_TOKEN)")
    .option("--tls", "connect over TLS")
    .option("--ca <file>", "certificate authorities to trust instead of the well-known ones, PEM; implies --tls")
    .option("--cert <file>", "this client's certificate, PEM; implies --tls")
    .option("--key <file>", "this client's private key, PEM; implies --tls")
    .option("--server-name <name>", "name to expect in the server's certificate; implies --tls");
}

/** The client's options for those flags. Any option about certificates implies TLS. */
function connectionOptions(flags: ConnectionFlags, session: Session): ConnectionOptions {
  requireFiles(flags.tokenFile, flags.ca, flags.cert, flags.key);
  const token = flags.tokenFile === undefined ? session.settings.token : readFileSync(flags.tokenFile, "utf8").trim();
  const [ca, cert, key] = [flags.ca, flags.cert, flags.key].map((file) => file && readFileSync(file));
  const certificates = { ca, cert, key, serverName: flags.serverName } as TlsOptions;
  const given = Object.values(certificates).some((value) => value !== undefined);
  return { token, tls: flags.tls || given ? certificates : false, timeoutMs: flags.timeout };
}

/** Connects with those flags, uses the client, and closes it. */
export async function withClient<Client extends { close(): void }, T>(
  Kind: new (address: string, options: ConnectionOptions) => Client,
  address: string,
  flags: ConnectionFlags,
  session: Session,
  use: (client: Client) => Promise<T>,
): Promise<T> {
  const client = new Kind(address, connectionOptions(flags, session));
  try {
    return await use(client);
  } finally {
    client.close();
  }
}
