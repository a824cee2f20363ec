import { readFileSync } from "node:fs";
import type { ConnectionOptions } from "@maxsimd/client";
import type { Command } from "commander";
import type { Session } from "../session.js";
import { integer } from "./numbers.js";

/** What the options below parse to. */
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
    .option("--token-file <file>", "file with the bearer token to send; default: the variable MAXSIMD_TOKEN")
    .option("--tls", "connect over TLS")
    .option("--ca <file>", "roots to trust instead of the well-known ones, PEM; implies --tls")
    .option("--cert <file>", "this client's certificate, PEM; implies --tls")
    .option("--key <file>", "this client's private key, PEM")
    .option("--server-name <name>", "name to expect in the server's certificate");
}

/** The client's options for those flags. */
export function connectionOptions(flags: ConnectionFlags, session: Session): ConnectionOptions {
  const token = flags.tokenFile === undefined ? session.settings.token : readFileSync(flags.tokenFile, "utf8").trim();
  const read = (file: string | undefined) => (file === undefined ? undefined : readFileSync(file));
  const certificates = {
    ca: read(flags.ca),
    cert: read(flags.cert),
    key: read(flags.key),
    serverName: flags.serverName,
  };
  const tls = flags.tls === true || flags.ca !== undefined || flags.cert !== undefined;
  return { token, tls: tls ? certificates : false, timeoutMs: flags.timeout };
}
