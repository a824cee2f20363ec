import { createHash } from "node:crypto";
import {
  chmodSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { runCommand } from "../../testing/recorded-session.js";
import { EXIT } from "../exit-code.js";

// The promise: a token is printed once and stored nowhere; its entry is one that the server accepts; no token file is damaged.

const folder = mkdtempSync(join(tmpdir(), "maxsimd-token-"));
afterAll(() => rmSync(folder, { recursive: true }));
const path = (name: string) => join(folder, name);
const entriesOf = (file: string) => JSON.parse(readFileSync(file, "utf8")).tokens;
const hashOf = (token: string | undefined) =>
  createHash("sha256")
    .update(token ?? "")
    .digest("hex");

describe("maxsimd token", () => {
  it("prints the token alone on standard output, and the entry with its hash on standard error", async () => {
    const { exitCode, out, err } = await runCommand(["token", "--name", "ci", "--scope", "search"]);
    expect(exitCode).toBe(EXIT.OK);
    expect(out).toHaveLength(1);
    expect(out[0]).toMatch(/^mxs_[\w-]{43}$/);
    expect(JSON.parse(err[1] ?? "")).toEqual({ name: "ci", scopes: ["search"], sha256: hashOf(out[0]) });
    expect(err.join()).not.toContain(out[0]);
  });

  it("makes a token file that its owner alone may read, and adds to one, with the mode that it has", async () => {
    const file = path("tokens.json");
    const first = await runCommand(["token", "--name", "ci", "--scope", "search", "--file", file]);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    chmodSync(file, 0o640);
    const second = await runCommand(["token", "--name", "ci", "--scope", "admin,search", "--file", file, "--json"]);
    expect(statSync(file).mode & 0o777).toBe(0o640);
    const { token, entry } = second.json() as { token: string; entry: object };
    expect(entriesOf(file)).toEqual([
      { name: "ci", scopes: ["search"], sha256: hashOf(first.out[0]) },
      { name: "ci", scopes: ["admin", "search"], sha256: hashOf(token) },
    ]);
    expect(entry).toEqual(entriesOf(file)[1]);
    expect(readFileSync(file, "utf8")).not.toContain(token);
    expect(readdirSync(folder)).toEqual(["tokens.json"]);
  });

  it("replaces the file behind a link, keeps what else is in it, and counts days from now", async () => {
    const certificates = [{ name: "indexer", scopes: ["admin"], identity: "dns:indexer" }];
    writeFileSync(path("real.json"), JSON.stringify({ certificates }), { mode: 0o600 });
    symlinkSync("real.json", path("link.json"));
    await runCommand(["token", "--name", "ci", "--scope", "search", "--expires", "90d", "--file", path("link.json")]);
    const content = JSON.parse(readFileSync(path("real.json"), "utf8"));
    expect(content.certificates).toEqual(certificates);
    const left = Date.parse(content.tokens[0].expires) - Date.now();
    expect(left / 86_400_000).toBeCloseTo(90, 2);
  });

  it("leaves a file alone that the server would not read", async () => {
    const file = path("bad.json");
    for (const content of ["{", '{"tokens": [{"name": "x"}]}']) {
      writeFileSync(file, content);
      const { exitCode, err } = await runCommand(["token", "--name", "ci", "--scope", "search", "--file", file]);
      expect([exitCode, readFileSync(file, "utf8")]).toEqual([EXIT.USAGE, content]);
      expect(err.join()).toContain(file);
    }
  });

  it.each([
    [["--name", "ci", "--scope", "root"], "--scope: expected search or admin, got root"],
    [["--name", "a b", "--scope", "search"], "--name: expected 1 to 63 of"],
    [["--name", "ci"], "'--scope <scopes>' not specified"],
    [["--name", "ci", "--scope", "search", "--expires", "tomorrow"], "expected a time as 2027-01-31T00:00:00Z"],
    [["--name", "ci", "--scope", "search", "--expires", "2027-01-31"], "expected a time as 2027-01-31T00:00:00Z"],
    [["--name", "ci", "--scope", "search", "--expires", "2020-01-31T00:00:00Z"], "a time that is yet to come"],
  ])("refuses %j", async (args, message) => {
    const { exitCode, out, err } = await runCommand(["token", ...args]);
    expect([exitCode, out]).toEqual([EXIT.USAGE, []]);
    expect(err.join("\n")).toContain(message);
  });
});
