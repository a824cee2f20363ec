import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Access } from "./access.js";
import { parseAccessList } from "./access-list.js";
import { newToken } from "./new-token.js";

// The promise: a caller is who its valid token or certificate says, from the moment that the list says so until it says otherwise.

const DAY_MS = 86_400_000;
beforeEach(() => {
  vi.useFakeTimers({ now: Date.UTC(2026, 0) });
});
afterEach(() => {
  vi.useRealTimers();
});

const make = (name: string, expires?: Date) => newToken({ name, scopes: ["search"], expires });
const listOf = (...made: { entry: object }[]) =>
  parseAccessList(
    "t",
    JSON.stringify({
      tokens: made.map(({ entry }) => entry),
      certificates: [{ name: "indexer", scopes: ["admin"], identity: "dns:indexer" }],
    }),
  );
const bearer = (token: string) => ({ authorization: `Bearer ${token}`, identities: [] });

describe("a token", () => {
  it("names its caller, and is one of several of the same name", () => {
    const [old, fresh, other] = [make("ci"), make("ci"), make("ops")] as const;
    const access = new Access(listOf(old, fresh, other));
    for (const [{ token }, caller] of [
      [old, "ci"],
      [fresh, "ci"],
      [other, "ops"],
    ] as const) {
      expect(access.identify(bearer(token))).toMatchObject({ caller, kind: "token", scopes: new Set(["search"]) });
    }
    access.close();
  });

  it("is sought in what follows Bearer, and nothing else", () => {
    const { token } = make("unknown");
    const known = make("known");
    const access = new Access(listOf(known));
    expect(access.identify({ authorization: `bearer  ${known.token}`, identities: [] })).toMatchObject({
      caller: "known",
    });
    for (const text of [
      token,
      "",
      "Bearer",
      "Bearer ",
      known.token,
      `Basic ${known.token}`,
      `Bearer ${known.token} `,
      `Bearer ${known.token}, x`,
      `Bearer ${known.token.slice(0, -1)}`,
      `Bearer ${token}`,
    ]) {
      expect(access.identify({ authorization: text, identities: [] })).toBe("unknown token");
    }
    expect(access.identify({ authorization: undefined, identities: [] })).toBe("no token");
    access.close();
  });

  it("ceases to be valid when it expires, and whoever listens learns of it then", () => {
    // Further away than a timer holds.
    const expires = new Date(Date.now() + 40 * DAY_MS);
    const { token, entry } = make("ci", expires);
    const access = new Access(listOf({ entry }));
    const grant = access.identify(bearer(token)) as Exclude<ReturnType<Access["identify"]>, string>;
    const seen: boolean[] = [];
    access.onChange(() => seen.push(access.stillAllows(grant, "search")));
    vi.advanceTimersByTime(40 * DAY_MS - 1);
    expect(access.identify(bearer(token))).toMatchObject({ caller: "ci" });
    vi.advanceTimersByTime(2);
    expect(access.identify(bearer(token))).toBe("expired token");
    expect(seen.at(-1)).toBe(false);
    expect(seen.filter((allowed) => !allowed)).toHaveLength(1);
    access.close();
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe("a grant", () => {
  it("holds in a new list as long as its token is there with the scope", () => {
    const [ci, ops] = [make("ci"), make("ops")] as const;
    const access = new Access(listOf(ci));
    const grant = access.identify(bearer(ci.token)) as Exclude<ReturnType<Access["identify"]>, string>;
    let changes = 0;
    access.onChange(() => changes++);
    access.replace(listOf(ops, ci));
    expect([access.stillAllows(grant, "search"), access.stillAllows(grant, "admin")]).toEqual([true, false]);
    access.replace(listOf({ entry: { ...ci.entry, scopes: ["admin"] } }));
    expect([access.stillAllows(grant, "search"), access.stillAllows(grant, "admin")]).toEqual([false, true]);
    access.replace(listOf(ops));
    expect(access.stillAllows(grant, "search")).toBe(false);
    expect(changes).toBe(3);
    access.close();
  });
});

describe("a certificate", () => {
  it("names its caller by the first identity that is listed", () => {
    const access = new Access(listOf());
    const identities = ["cn:x", "dns:indexer"];
    expect(access.identify({ authorization: undefined, identities })).toMatchObject({
      caller: "indexer",
      kind: "certificate",
      key: "dns:indexer",
    });
    expect(access.identify({ authorization: undefined, identities: ["cn:indexer"] })).toBe("no token");
    access.close();
  });

  it("does not make up for a token that is not valid", () => {
    const access = new Access(listOf());
    expect(access.identify({ authorization: "Bearer x", identities: ["dns:indexer"] })).toBe("unknown token");
    access.close();
  });
});
