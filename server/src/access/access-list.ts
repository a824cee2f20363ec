import { z } from "zod";
import { StartError } from "../errors/start-error.js";
import { SCOPES, type Scope } from "./rules.js";

/**
 * What a server accepts: the content of the token file.
 *
 * ```json
 * { "tokens": [{ "name": "ci", "scopes": ["search"], "sha256": "…", "expires": "2027-01-31T00:00:00Z" }],
 *   "certificates": [{ "name": "indexer", "scopes": ["admin"], "identity": "uri:spiffe://prod/indexer" }] }
 * ```
 *
 * Names need not be unique: two tokens of one name are valid at once while one replaces the other.
 */
export interface AccessList {
  readonly tokens: readonly TokenEntry[];
  /** By identity. */
  readonly certificates: ReadonlyMap<string, Entry>;
}

/** Who an entry stands for, and what it allows. */
export interface Entry {
  readonly name: string;
  readonly scopes: ReadonlySet<Scope>;
}

export interface TokenEntry extends Entry {
  /** SHA-256 of the token, 32 bytes. */
  readonly hash: Buffer;
  /** When it ceases to be valid, in epoch milliseconds; Infinity: never. */
  readonly expires: number;
}

/** Most entries of each kind. Each call compares its token with all, at 0.05 µs each. */
const MOST_ENTRIES = 256;

/** Names stand in the log. */
export const ENTRY_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/;

const name = z.string("expected text").regex(ENTRY_NAME, "expected 1 to 63 of A-Z a-z 0-9 . _ -");
const scopes = z
  .array(z.enum(SCOPES, `expected ${SCOPES.join(" or ")}`), "expected a list of scopes")
  .min(1, `expected at least one scope: ${SCOPES.join(" or ")}`);
const list = <Item extends z.ZodType>(item: Item) =>
  z
    .array(item, "expected a list")
    .max(MOST_ENTRIES, `expected at most ${MOST_ENTRIES} entries`)
    .default(() => []);

const schema = z
  .strictObject(
    {
      tokens: list(
        z.strictObject(
          {
            name,
            scopes,
            sha256: z
              .string("expected text")
              .regex(/^[0-9a-f]{64}$/, "expected 64 of 0-9 a-f, as maxsimd token writes them"),
            expires: z.iso.datetime({ offset: true, error: "expected a time as in 2027-01-31T00:00:00Z" }).optional(),
          },
          "expected an object with name, scopes and sha256",
        ),
      ),
      certificates: list(
        z.strictObject(
          {
            name,
            scopes,
            identity: z
              .string("expected text")
              .regex(/^(dns|uri|email|ip|cn):\S.*$/, "expected dns:, uri:, email:, ip: or cn: and a name"),
          },
          "expected an object with name, scopes and identity",
        ),
      ),
    },
    "expected an object with tokens, certificates or both",
  )
  .superRefine(({ tokens, certificates }, context) => {
    const refuseRepeated = (values: readonly string[], path: (index: number) => PropertyKey[], what: string): void => {
      for (const [index, value] of values.entries()) {
        const first = values.indexOf(value);
        if (first !== index) {
          const message = `expected another ${what} than entry ${first}; an entry can list several scopes`;
          context.addIssue({ code: "custom", path: path(index), message });
        }
      }
    };
    const hashes = tokens.map(({ sha256 }) => sha256);
    refuseRepeated(hashes, (index) => ["tokens", index, "sha256"], "token");
    const identities = certificates.map(({ identity }) => identity);
    refuseRepeated(identities, (index) => ["certificates", index, "identity"], "identity");
  });

/**
 * Parses the text of a token file. Throws StartError that names file and entry. No message repeats what the file holds, because somebody
 * may have written a token there instead of its hash.
 */
export function parseAccessList(path: string, text: string): AccessList {
  const result = schema.safeParse(parseJson(path, text));
  if (!result.success) {
    throw StartError.configuration(result.error.issues.map((issue) => `${path}: ${describe(issue)}`).join("\n"));
  }
  const { tokens, certificates } = result.data;
  return {
    tokens: tokens.map(({ name, scopes, sha256, expires }) => ({
      name,
      scopes: new Set(scopes),
      hash: Buffer.from(sha256, "hex"),
      expires: expires === undefined ? Number.POSITIVE_INFINITY : Date.parse(expires),
    })),
    certificates: new Map(
      certificates.map(({ name, scopes, identity }) => [identity, { name, scopes: new Set(scopes) }]),
    ),
  };
}

function parseJson(path: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    // Node's own message repeats a part of the text, so that it is no cause for the log either.
    const position = /position (\d+)/.exec((error as Error).message)?.[1];
    const line = position === undefined ? "" : ` in line ${text.slice(0, Number(position)).split("\n").length}`;
    throw StartError.configuration(`${path}: expected JSON, got text that does not parse as such${line}`);
  }
}

function describe(issue: z.core.$ZodIssue): string {
  const at = issue.path.map((key) => (typeof key === "number" ? `[${key}]` : `.${String(key)}`)).join("");
  const place = at === "" ? "" : `${at.slice(1)}: `;
  if (issue.code === "unrecognized_keys") {
    return `${place}expected no other keys than those that ${at === "" ? "the file" : "an entry"} has, got ${issue.keys.length} more`;
  }
  return place + issue.message;
}
