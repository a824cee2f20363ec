import { describe, expect, it } from "vitest";
import { parseAccessList } from "./access-list.js";
import { newToken } from "./new-token.js";

// The promise: a token file is checked strictly. What is wrong is named by file and entry, and never by repeating what the file holds.

const SHA = "a".repeat(64);
const entry = { name: "ci", scopes: ["search"], sha256: SHA };
const parse = (content: unknown) =>
  parseAccessList("/etc/tokens.json", typeof content === "string" ? content : JSON.stringify(content));

function refusal(content: unknown): string {
  try {
    parse(content);
  } catch (error) {
    expect(error).toMatchObject({ name: "StartError", code: "CONFIGURATION" });
    // A cause would reach the log.
    expect((error as Error).cause).toBeUndefined();
    return (error as Error).message;
  }
  return expect.fail("it was accepted");
}

describe("a token file", () => {
  it("holds tokens and certificates, each with name and scopes", () => {
    const { tokens, certificates } = parse({
      tokens: [
        entry,
        { ...entry, sha256: "b".repeat(64), scopes: ["search", "admin"], expires: "2027-01-31T00:00:00Z" },
      ],
      certificates: [{ name: "indexer", scopes: ["admin"], identity: "uri:spiffe://prod/indexer" }],
    });
    expect(tokens[0]).toEqual({
      name: "ci",
      scopes: new Set(["search"]),
      hash: Buffer.alloc(32, 0xaa),
      expires: Number.POSITIVE_INFINITY,
    });
    expect(tokens[1]).toMatchObject({ scopes: new Set(["search", "admin"]), expires: Date.UTC(2027, 0, 31) });
    expect([...certificates]).toEqual([["uri:spiffe://prod/indexer", { name: "indexer", scopes: new Set(["admin"]) }]]);
  });

  it("accepts the entry of a new token", () => {
    const made = newToken({ name: "ci", scopes: ["admin"], expires: new Date(Date.UTC(2030, 0)) });
    expect(made.token).toMatch(/^mxs_[\w-]{43}$/);
    expect(JSON.stringify(made.entry)).not.toContain(made.token.slice(4));
    expect(parse({ tokens: [made.entry] }).tokens).toHaveLength(1);
    expect(newToken({ name: "ci", scopes: ["admin"], expires: undefined }).token).not.toBe(made.token);
  });

  it.each<[string, unknown, string]>([
    ["no JSON", '{\n "tokens": [\n x', "expected JSON, got text that does not parse as such"],
    ["JSON of another kind", [], "expected an object with tokens, certificates or both"],
    ["an unknown key", { tokens: [], token: 1 }, "expected no other keys than those that the file has, got 1 more"],
    ["an entry that is not an object", { tokens: ["a"] }, "tokens[0]: expected an object with name, scopes and sha256"],
    ["an unknown key of an entry", { tokens: [{ ...entry, scope: "search" }] }, "tokens[0]: expected no other keys"],
    ["a missing name", { tokens: [{ ...entry, name: undefined }] }, "tokens[0].name: expected text"],
    [
      "a name that a log cannot show",
      { tokens: [{ ...entry, name: "a b" }] },
      "tokens[0].name: expected 1 to 63 of A-Z",
    ],
    ["no scopes", { tokens: [entry, { ...entry, scopes: [] }] }, "tokens[1].scopes: expected at least one scope"],
    ["a text as scopes", { tokens: [{ ...entry, scopes: "search" }] }, "tokens[0].scopes: expected a list of scopes"],
    ["an unknown scope", { tokens: [{ ...entry, scopes: ["root"] }] }, "tokens[0].scopes[0]: expected search or admin"],
    [
      "a hash in capitals",
      { tokens: [{ ...entry, sha256: "A".repeat(64) }] },
      "tokens[0].sha256: expected 64 of 0-9 a-f",
    ],
    ["a day as expiry", { tokens: [{ ...entry, expires: "2027-01-31" }] }, "tokens[0].expires: expected a time as in"],
    [
      "one token twice",
      { tokens: [entry, { ...entry, name: "b" }] },
      "tokens[1].sha256: expected another token than entry 0",
    ],
    [
      "one identity twice",
      { certificates: [1, 2].map(() => ({ name: "a", scopes: ["search"], identity: "dns:a" })) },
      "certificates[1].identity: expected another identity than entry 0",
    ],
    [
      "an identity without its kind",
      { certificates: [{ name: "a", scopes: ["search"], identity: "indexer" }] },
      "certificates[0].identity: expected dns:, uri:, email:, ip: or cn: and a name",
    ],
    ["too many entries", { tokens: Array.from({ length: 257 }, () => entry) }, "tokens: expected at most 256 entries"],
  ])("is refused for %s", (_, content, message) => {
    expect(refusal(content)).toContain(`/etc/tokens.json: ${message}`);
  });

  it("is refused without a word of what it holds, as that may be a token", () => {
    const secret = newToken({ name: "a", scopes: ["search"], expires: undefined }).token;
    for (const content of [
      secret,
      `{"tokens": ${secret}}`,
      { tokens: [{ ...entry, sha256: secret }] },
      { tokens: [{ ...entry, [secret]: 1 }] },
      { [secret]: [] },
      { tokens: secret },
      { tokens: [secret] },
      { tokens: [{ ...entry, name: `${secret} ${secret}` }] },
      { tokens: [{ ...entry, scopes: [secret] }] },
      { tokens: [{ ...entry, expires: secret }] },
      { certificates: [{ name: "a", scopes: ["search"], identity: secret }] },
    ]) {
      // What V8 repeats of a text is 10 characters around the mistake.
      expect(refusal(content)).not.toContain(secret.slice(0, 8));
    }
  });
});
