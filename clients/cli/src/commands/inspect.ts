import { existsSync } from "node:fs";
import { type IndexDescription, MaxsimClient } from "@maxsimd/client";
import type { Tachiom } from "@maxsimd/native";
import { requireFiles } from "@maxsimd/report/dataset";
import { formatBytes, formatCount } from "@maxsimd/report/format";
import type { Command } from "commander";
import { defineCommand, type Report, reporting } from "../command.js";
import { EXIT } from "../exit-code.js";
import { CommandFailure } from "../failure.js";
import { addConnectionOptions, type ConnectionFlags, connectionOptions } from "../options/connection.js";
import { describeBuild, describeIndex, describeSpace } from "../output/index-info.js";
import { properties } from "../output/table.js";
import type { Session } from "../session.js";

interface Flags extends ConnectionFlags {
  verify?: boolean;
  codebooks?: string;
  server?: string | true;
  index?: string;
  version?: string;
}

const EXAMPLES = [
  "maxsimd inspect papers.maxsim",
  "maxsimd inspect papers.maxsim --verify",
  "maxsimd inspect papers.maxsim --codebooks words.npy",
  "maxsimd inspect --server 127.0.0.1:50051 --index papers",
  "maxsimd inspect papers.maxsim --json | tail -n 1 | jq .digest",
];

/** `maxsimd inspect`: what is in an index file, or in an index that a server serves. */
export function inspectCommand(session: Session): Command {
  const command = defineCommand("inspect", "show what is in an index file or a served index", EXAMPLES)
    .argument("[file]", "index file")
    .option("--verify", "check every byte of the file, also when it was checked before")
    .option("--codebooks <file>", "write its residual codebooks to this .npy, for maxsimd build --codebooks")
    .option("--server [address]", "ask a server (default: the variable MAXSIMD_SERVER, else 127.0.0.1:50051)")
    .option("--index <name>", "index on the server (default: its only one)")
    .option("--version <label>", "version of the index on the server (default: the current one)");
  return addConnectionOptions(command).action(
    reporting(session, (file: string | undefined, flags: Flags) => {
      if ((file === undefined) === (flags.server === undefined)) {
        throw new CommandFailure(EXIT.USAGE, "name one thing to inspect: a file, or --server");
      }
      if (file === undefined && flags.codebooks !== undefined) {
        throw new CommandFailure(EXIT.USAGE, "--codebooks reads an index file: a server does not give them");
      }
      return file === undefined ? inspectServed(session, flags) : inspectFile(file, flags);
    }),
  );
}

async function inspectFile(file: string, { verify = false, codebooks }: Flags): Promise<Report> {
  requireFiles(file);
  const { Tachiom } = await import("@maxsimd/native");
  const index = await Tachiom.load(file, { verify: verify ? "full" : "quick" });
  const { info } = index;
  try {
    if (codebooks !== undefined) await writeCodebooks(index, codebooks);
  } finally {
    index.close();
  }
  const parts = [describeIndex(info), describeSpace(info), `built with\n${describeBuild(info)}`];
  if (verify) parts.push("every byte checked: the file is whole");
  if (codebooks !== undefined) parts.push(`codebooks written to ${codebooks}`);
  return { json: { ...info, verified: verify }, text: parts.join("\n\n") };
}

async function writeCodebooks(index: Tachiom, path: string): Promise<void> {
  const words = index.getCodebooks();
  if (words.length === 0) {
    throw new CommandFailure(EXIT.BAD_DATA, `${index.info.path} has no codebooks: its vectors are kept whole`);
  }
  if (existsSync(path)) throw new CommandFailure(EXIT.USAGE, `${path} exists: name another file`);
  const { writeNpy } = await import("@maxsimd/native");
  writeNpy(path, words, [words.length / index.dim, index.dim]);
}

async function inspectServed(session: Session, flags: Flags): Promise<Report> {
  const address = typeof flags.server === "string" ? flags.server : session.settings.server;
  const client = new MaxsimClient(address, connectionOptions(flags, session));
  try {
    const { index, version } = flags;
    const description = await client.describe({ index, version, signal: session.interruption() });
    return { json: { server: address, ...description }, text: describeServed(address, description) };
  } finally {
    client.close();
  }
}

function describeServed(address: string, served: IndexDescription): string {
  const { indexVersion, defaults } = served;
  return [
    properties([
      ["server", `${address}, version ${served.serverVersion}`],
      ["index", indexVersion.index],
      ["version", indexVersion.version],
      ["digest", indexVersion.digest],
      ["size", formatBytes(served.indexBytes)],
      ["documents", formatCount(served.documents)],
      ["tokens", formatCount(served.tokens)],
      ["dim", String(served.dim)],
      ["centroids", served.centroids === 0 ? "none: scanned exactly" : formatCount(served.centroids)],
      ["codes", served.pqSubspaces === 0 ? "none: vectors kept whole" : `${served.pqSubspaces} bytes a token`],
    ]),
    `search defaults\n${properties(Object.entries(defaults).map(([name, value]) => [name, String(value ?? "none")]))}`,
  ].join("\n\n");
}
