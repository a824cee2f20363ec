import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { runCommand } from "../../testing/recorded-session.js";
import { buildCatalog, type SmallCatalog } from "../../testing/small-catalog.js";
import { EXIT } from "../exit-code.js";

// The promise: verify reads every byte and value of a file, or of all versions of an index or a catalog, whatever was verified before. It
// says which version is damaged and how, and remembers what is right.

const folder = mkdtempSync(join(tmpdir(), "maxsimd-verify-"));
let catalog: SmallCatalog;
beforeAll(async () => {
  catalog = await buildCatalog();
  await catalog.add("a", "b");
  await catalog.run("delete", "--ids", "a");
});
afterAll(() => {
  catalog.remove();
  rmSync(folder, { recursive: true });
});

/** Flips a bit near the end of a file, behind its header, as a disk that loses one. */
function flip(path: string): void {
  const bytes = readFileSync(path);
  const place = Math.floor(bytes.length * 0.9);
  bytes[place] = (bytes[place] ?? 0) ^ 1;
  writeFileSync(path, bytes);
}

it("verifies a file with progress, and remembers it as loading does", async () => {
  const file = join(folder, "one.maxsim");
  writeFileSync(file, readFileSync(join(catalog.catalog, "papers/v1.maxsim")));
  const { exitCode, out, err } = await runCommand(["verify", file]);
  expect([exitCode, out.at(-1)]).toEqual([EXIT.OK, expect.stringContaining("every byte and value was checked now")]);
  expect(err.join("\n")).toMatch(/^check: \d+ %, /m);
  expect(existsSync(`${file}.verified`)).toBe(true);
  // The record does not stop it from reading everything again.
  flip(file);
  const damaged = await runCommand(["verify", file, "--json"]);
  expect(damaged.exitCode).toBe(EXIT.BAD_DATA);
  expect(damaged.json()).toMatchObject({
    verified: false,
    versions: [{ file, verified: false, error: { code: "INDEX_CORRUPT" } }],
    error: { exitCode: EXIT.BAD_DATA, message: expect.stringContaining("one.maxsim") },
  });
});

it("verifies all versions of a catalog and of an index, and goes on after one that is damaged", async () => {
  const index = join(catalog.catalog, "papers");
  for (const path of [catalog.catalog, index]) {
    const { exitCode, json } = await runCommand(["verify", path, "--json"]);
    expect(exitCode).toBe(EXIT.OK);
    const files = ["v1.1.maxsim", "v1.2.maxsim", "v1.maxsim"].map((name) => join(index, name));
    expect(json()).toMatchObject({ verified: true, versions: files.map((file) => ({ file, verified: true })) });
  }
  // A segment that the two changes have in common.
  const [part = ""] = readdirSync(join(index, "parts")).filter((name) => name.endsWith(".maxsim"));
  flip(join(index, "parts", part));
  const { exitCode, out, err } = await runCommand(["verify", catalog.catalog]);
  expect(exitCode).toBe(EXIT.BAD_DATA);
  expect(out.join("\n").match(/INDEX_CORRUPT|verified$/gm)).toEqual(["INDEX_CORRUPT", "INDEX_CORRUPT", "verified"]);
  expect(err.at(-1)).toMatch(/^maxsimd: 2 of 3 versions are damaged; the first: .*parts/);
});

it("needs something to verify", async () => {
  const missing = await runCommand(["verify", join(folder, "none.maxsim")]);
  const empty = await runCommand(["verify", mkdtempSync(join(folder, "empty-"))]);
  const other = join(folder, "other.maxsim");
  writeFileSync(other, "something else");
  const foreign = await runCommand(["verify", other]);
  expect([missing, empty, foreign].map(({ exitCode }) => exitCode)).toEqual([
    EXIT.NOT_FOUND,
    EXIT.NOT_FOUND,
    EXIT.BAD_DATA,
  ]);
});
