import { createHash, randomBytes } from "node:crypto";
import type { Scope } from "./rules.js";

/** What an entry of the token file is made from. */
export interface TokenParts {
  readonly name: string;
  readonly scopes: readonly Scope[];
  readonly expires: Date | undefined;
}

/** Makes tokens recognisable: secret scanners search for such beginnings. */
const PREFIX = "mxs_";
/** Random bytes of a token: 256 bits. */
const RANDOM_BYTES = 32;

/** Makes a token, and its entry for the token file, which holds only the token's hash. */
export function newToken({ name, scopes, expires }: TokenParts): { token: string; entry: object } {
  const token = PREFIX + randomBytes(RANDOM_BYTES).toString("base64url");
  const entry = {
    name,
    scopes,
    sha256: hashToken(token).toString("hex"),
    ...(expires === undefined ? {} : { expires: expires.toISOString() }),
  };
  return { token, entry };
}

/**
 * The hash under which the token file knows a token. A fast hash is right here, and only because tokens are random: slow hashes protect
 * passwords, which people choose from few. Of 2^256 tokens (or 2^128, the least that a token should have) nobody finds one by trying,
 * whatever a trial costs, while a slow hash would cost the server its time on every call.
 */
export function hashToken(token: string): Buffer {
  return createHash("sha256").update(token).digest();
}
