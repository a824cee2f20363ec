/** Tokens, and the token file of a test. */
import { chmod, writeFile } from "node:fs/promises";
import { Access } from "../src/access/access.js";
import { parseAccessList } from "../src/access/access-list.js";
import { newToken } from "../src/access/new-token.js";
import type { Scope } from "../src/access/rules.js";

export interface MadeToken {
  readonly token: string;
  readonly entry: object;
}

export function makeToken(name: string, scopes: readonly Scope[], expires?: Date): MadeToken {
  return newToken({ name, scopes, expires });
}

/** The header of a call with this token. */
export function bearer({ token }: MadeToken): { headers: { authorization: string } } {
  return { headers: { authorization: `Bearer ${token}` } };
}

/** What a server accepts whose token file holds these. */
export function listOf(...made: readonly MadeToken[]): ReturnType<typeof parseAccessList> {
  return parseAccessList("tokens.json", JSON.stringify({ tokens: made.map(({ entry }) => entry) }));
}

export function accessOf(...made: readonly MadeToken[]): Access {
  return new Access(listOf(...made));
}

/** Writes a token file, which its owner alone may read. */
export async function writeTokens(
  path: string,
  made: readonly MadeToken[],
  certificates: object[] = [],
): Promise<void> {
  await writeFile(path, JSON.stringify({ tokens: made.map(({ entry }) => entry), certificates }));
  await chmod(path, 0o600);
}
