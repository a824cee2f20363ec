import { MaxsimClient } from "@maxsimd/client";
import type { Drift, Index } from "@maxsimd/native";
import { requireFiles } from "@maxsimd/report/dataset";
import { formatBytes } from "@maxsimd/report/format";
import type { Command } from "commander";
import { defineCommand, type Report, reporting } from "../command.js";
import { requireWritableFiles } from "../destinations/require-writable.js";
import { EXIT } from "../exit-code.js";
import { CommandFailure, usageFailure } from "../failure.js";
import { addConnectionOptions, type ConnectionFlags, withClient } from "../options/connection.js";
import { describeBuild, describeDrift, describeIndex, describeSizes, describeSpace } from "../output/index-info.js";
import { properties } from "../output/table.js";
import type { Session } from "../session.js";

interface Flags extends ConnectionFlags {
  verify?: boolean;
  codebooks?: string;
  force?: boolean;
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

/** `maxsimd inspect`: the content of an index file, or of an index that a server serves. */
export function inspectCommand(session: Session): Command {
  const command = defineCommand("inspect", "show what is in an index file or a served index", EXAMPLES)
    .argument("[file]", "index file")
    .option("--verify", "check every byte and value of the file, even if it was checked before")
    .option("--codebooks <file>", "write its residual codebooks to this .npy, for maxsimd build --codebooks")
    .option("--force", "replace a codebooks file that exists")
    .option("--server [address]", "ask a server (default: the variable MAXSIMD_SERVER, or 127.0.0.1:50051)")
    .option("--index <name>", "index on the server (default: its only one)")
    .option("--version <label>", "version of the index on the server (default: the current one)");
  return addConnectionOptions(command).action(
    reporting(session, (file: string | undefined, flags: Flags) => {
      if ((file === undefined) === (flags.server === undefined)) {
        throw usageFailure("name one thing to inspect: a file, or --server");
      }
      if (file !== undefined) return inspectFile(session, file, flags);
      if (flags.codebooks !== undefined || flags.verify !== undefined) {
        throw usageFailure("--codebooks and --verify read an index file: leave out --server");
      }
      return inspectServed(session, flags);
    }),
  );
}

async function inspectFile(session: Session, file: string, flags: Flags): Promise<Report> {
  const { verify = false, codebooks, force } = flags;
  requireFiles(file);
  if (codebooks !== undefined) requireWritableFiles(force, codebooks);
  const { Index } = await import("@maxsimd/native");
  const index = await Index.load(file, { verify: "quick" });
  const { info } = index;
  let drift: Drift[];
  try {
    drift = await index.drift();
    if (verify) await index.verify({ signal: session.interruption() });
    if (codebooks !== undefined) await writeCodebooks(index, codebooks);
  } finally {
    index.close();
  }
  const checked = verify
    ? "verified: every byte and value was checked now"
    : "not verified: only sizes and counts were checked (--verify checks every byte)";
  const parts = [describeIndex(info, drift), describeSpace(info), `built with\n${describeBuild(info)}`, checked];
  if (codebooks !== undefined) parts.push(`codebooks written to ${codebooks}`);
  return { json: { ...info, drift, verified: verify }, text: parts.join("\n\n") };
}

async function writeCodebooks(index: Index, path: string): Promise<void> {
  const words = index.getCodebooks();
  if (words.length === 0) {
    throw new CommandFailure(EXIT.BAD_DATA, `${index.info.path} has no codebooks: its vectors are kept whole`);
  }
  const { writeNpy } = await import("@maxsimd/native");
  writeNpy(path, words, [words.length / index.dim, index.dim]);
}

function inspectServed(session: Session, flags: Flags): Promise<Report> {
  const address = typeof flags.server === "string" ? flags.server : session.settings.server;
  return withClient(MaxsimClient, address, flags, session, async (client) => {
    const { index, version } = flags;
    const served = await client.describe({ index, version, signal: session.interruption() });
    const { indexVersion, defaults, serverVersion, indexBytes } = served;
    const shown = properties([
      ["server", `${address}, version ${serverVersion}`],
      ["index", indexVersion.index],
      ["version", indexVersion.version],
      ["digest", indexVersion.digest],
      ["size", formatBytes(indexBytes)],
      ...describeSizes(served),
      ["drift", describeDrift(served.drift.map(({ trainedError, ...tier }) => ({ ...tier, trained: trainedError })))],
    ]);
    const parameters = properties(Object.entries(defaults).map(([name, value]) => [name, String(value ?? "none")]));
    // A server checks every version in full before it serves it.
    const checked = "verified: the server checked every byte and value before it served this version";
    const text = [shown, `search defaults\n${parameters}`, checked].join("\n\n");
    return { json: { server: address, ...served, verified: true }, text };
  });
}
