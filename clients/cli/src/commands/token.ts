import { readFileSync, statSync } from "node:fs";
import type { Scope } from "@maxsimd/server/access";
import { type Command, InvalidArgumentError } from "commander";
import { defineCommand, type Report, reporting } from "../command.js";
import { replaceFile } from "../destinations/replace-file.js";
import { usageFailure } from "../failure.js";
import type { Session } from "../session.js";

interface Flags {
  name: string;
  scope: readonly Scope[];
  expires?: Date;
  file?: string;
}

const EXAMPLES = [
  "maxsimd token --name ci --scope search --file tokens.json > ci.token",
  "maxsimd token --name nightly --scope search,admin --expires 90d --file tokens.json",
  "maxsimd token --name ci --scope search --expires 2027-01-31T00:00:00Z   # prints the entry, to be added by hand",
];

const DAY_MS = 86_400_000;
/** A time with its offset from UTC, as the token file has it. */
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/;

/** `maxsimd token`: makes a token and its entry for a server's token file. */
export function tokenCommand(session: Session): Command {
  return defineCommand("token", "make a token that a server with a token file accepts", EXAMPLES)
    .requiredOption("--name <name>", "whom it is for, in the server's log; two tokens may have one name")
    .requiredOption("--scope <scopes>", "what it allows: search, admin, or both with a comma between them", scopes)
    .option("--expires <when>", "when it ends: 2027-01-31T00:00:00Z, or 90d from now (default: never)", expiry)
    .option("--file <file>", "token file to add the entry to; it is made if it does not exist")
    .action(reporting(session, (flags: Flags) => token(session, flags)));
}

async function token(session: Session, { name, scope, expires, file }: Flags): Promise<Report> {
  // Loaded here, because no other command needs it.
  const { ENTRY_NAME, newToken, SCOPES } = await import("@maxsimd/server/access");
  const unknown = scope.find((each) => !SCOPES.includes(each));
  if (unknown !== undefined) throw usageFailure(`--scope: expected ${SCOPES.join(" or ")}, got ${unknown}`);
  if (!ENTRY_NAME.test(name)) throw usageFailure(`--name: expected 1 to 63 of A-Z a-z 0-9 . _ -, got ${name}`);
  const { token: secret, entry } = newToken({ name, scopes: scope, expires });
  if (file === undefined) {
    session.err(`entry for the token file:\n${JSON.stringify(entry)}`);
  } else {
    await addEntry(file, entry);
    session.err(`added to ${file}`);
  }
  session.err("the token is shown this once; pass it to clients in MAXSIMD_TOKEN or with --token-file");
  return { json: { token: secret, entry, file: file ?? null }, text: secret };
}

/** Adds an entry to a token file. Throws what the server would throw when it reads the file. */
async function addEntry(file: string, entry: object): Promise<void> {
  const { parseAccessList } = await import("@maxsimd/server/access");
  const exists = statSync(file, { throwIfNoEntry: false }) !== undefined;
  const before = exists ? readFileSync(file, "utf8") : '{ "tokens": [] }';
  parseAccessList(file, before);
  const content = JSON.parse(before) as { tokens?: object[] };
  const after = `${JSON.stringify({ ...content, tokens: [...(content.tokens ?? []), entry] }, undefined, 2)}\n`;
  parseAccessList(file, after);
  replaceFile(file, after);
}

function scopes(text: string): readonly string[] {
  return [...new Set(text.split(",").map((scope) => scope.trim()))];
}

function expiry(text: string): Date {
  const days = /^(\d{1,5})d$/.exec(text)?.[1];
  const time = days === undefined ? Date.parse(text) : Date.now() + Number(days) * DAY_MS;
  if (Number.isNaN(time) || (days === undefined && !TIME.test(text))) {
    throw new InvalidArgumentError("expected a time as 2027-01-31T00:00:00Z, or a number of days as 90d");
  }
  if (time <= Date.now()) throw new InvalidArgumentError("expected a time that is yet to come");
  return new Date(time);
}
