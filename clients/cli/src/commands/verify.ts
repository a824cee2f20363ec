import { readdirSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import type { Index } from "@maxsimd/native";
import { formatBytes, formatCount } from "@maxsimd/report/format";
import type { Command } from "commander";
import { defineCommand, type Report, reporting } from "../command.js";
import { EXIT } from "../exit-code.js";
import { CommandFailure, type Failure, failureOf } from "../failure.js";
import { withProgress } from "../output/progress.js";
import { table } from "../output/table.js";
import type { Session } from "../session.js";

const EXAMPLES = [
  "maxsimd verify papers.maxsim",
  "maxsimd verify /srv/maxsimd",
  "maxsimd verify /srv/maxsimd/papers --json | tail -n 1 | jq .versions",
];

/** What was found of one version: its counts, or why it cannot be used. */
interface Verified {
  file: string;
  verified: boolean;
  digest?: string;
  documents?: number;
  bytes?: number;
  error?: Pick<Failure, "code" | "message">;
}

/** `maxsimd verify`: checks every byte and value of an index file, or of all versions in a folder. */
export function verifyCommand(session: Session): Command {
  return defineCommand(
    "verify",
    "check every byte and value of index files, even if they were checked before",
    EXAMPLES,
  )
    .argument("<path>", "index file, folder of an index in a catalog, or catalog")
    .action(
      reporting(session, (path: string, flags: { json?: boolean }) => verify(session, path, flags.json === true)),
    );
}

async function verify(session: Session, path: string, json: boolean): Promise<Report> {
  const there = statSync(path, { throwIfNoEntry: false });
  if (there === undefined) throw new CommandFailure(EXIT.NOT_FOUND, `there is no file ${path}`);
  const files = there.isDirectory() ? versionsIn(path) : [path];
  if (files.length === 0) {
    const expected = "an index file, a folder with index files, or a catalog of such folders";
    throw new CommandFailure(EXIT.NOT_FOUND, `there is no index file in ${path}: expected ${expected}`);
  }
  const { Index } = await import("@maxsimd/native");
  const started = performance.now();
  const versions: Verified[] = [];
  // Versions of one index share files. While they are open, each file is read once.
  const open: Index[] = [];
  try {
    for (const file of files) {
      versions.push(await verifyVersion(session, file, (index) => open.push(index), Index, started));
    }
  } finally {
    for (const index of open) index.close();
  }
  const text = describe(versions);
  const damaged = versions.filter(({ verified }) => !verified);
  const found = { path, verified: damaged.length === 0, versions };
  if (damaged.length === 0) return { json: found, text };
  if (!json) session.out(text);
  const first = damaged[0]?.error?.message;
  const count = damaged.length === 1 ? "" : `${damaged.length} of ${versions.length} versions are damaged; the first: `;
  throw new CommandFailure(EXIT.BAD_DATA, `${count}${first}`, { found });
}

async function verifyVersion(
  session: Session,
  file: string,
  opened: (index: Index) => void,
  { load }: typeof Index,
  started: number,
): Promise<Verified> {
  try {
    const index = await load(file, { verify: "quick" });
    opened(index);
    const recentMs = Math.floor(performance.now() - started);
    await withProgress(session, (work) => index.verify({ ...work, recentMs }));
    const { digest, documents, bytes } = index.info;
    return { file, verified: true, digest, documents, bytes };
  } catch (error) {
    const { code, message, exitCode } = failureOf(error);
    // Whatever says nothing about the file ends the command: an interruption, or a disk that cannot be read.
    if (exitCode !== EXIT.BAD_DATA) throw error;
    return { file, verified: false, error: { code, message } };
  }
}

/** The files of versions in the folder of an index, or in those of a catalog. Files in `parts` are read with the versions that name them. */
function versionsIn(folder: string): string[] {
  const own = indexFiles(folder);
  if (own.length > 0) return own;
  const folders = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return folders
    .map(({ name }) => join(folder, name))
    .sort()
    .flatMap(indexFiles);
}

function indexFiles(folder: string): string[] {
  const names = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isFile());
  return names
    .filter(({ name }) => name.endsWith(".maxsim") && !name.startsWith("."))
    .map(({ name }) => join(folder, name))
    .sort();
}

function describe(versions: readonly Verified[]): string {
  const counts = table(versions, [
    ["file", ({ file }) => (versions.length === 1 ? basename(file) : file)],
    ["documents", ({ documents }) => (documents === undefined ? "" : formatCount(documents)), "number"],
    ["size", ({ bytes }) => (bytes === undefined ? "" : formatBytes(bytes)), "number"],
    ["result", ({ error }) => (error === undefined ? "verified" : error.code)],
  ]);
  const verified = versions.every((version) => version.verified);
  return verified ? `${counts}\n\nverified: every byte and value was checked now` : counts;
}
