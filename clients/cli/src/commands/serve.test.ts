import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterAll, expect, it } from "vitest";
import { runCommand } from "../../testing/recorded-session.js";
import { writeCorpus } from "../../testing/small-corpus.js";
import { EXIT } from "../exit-code.js";

const folder = mkdtempSync(join(tmpdir(), "maxsimd-serve-"));
afterAll(() => rmSync(folder, { recursive: true }));

it("shows the server's own help, under its own name", async () => {
  const { exitCode, out } = await runCommand(["serve", "--help"]);
  expect(exitCode).toBe(EXIT.OK);
  expect(out.join("\n")).toContain("Usage: maxsimd serve");
  expect(out.join("\n")).toMatch(/Examples:\n +maxsimd serve /);
});

it("ends with 2 when nothing is named to serve", async () => {
  const { exitCode, err } = await runCommand(["serve", "--json"]);
  expect(exitCode).toBe(EXIT.USAGE);
  expect(err[0]).toMatch(/^maxsimd: .*catalog directory or one index file/);
});

it.each([
  ["a missing file", ["none.maxsim"], EXIT.NOT_FOUND, "ENOENT", "none.maxsim: it does not exist; check the path"],
  ["a host with a port", ["none.maxsim", "--host", "a:1"], EXIT.USAGE, "CONFIGURATION", "without scheme and port"],
  ["an unknown option", ["none.maxsim", "--prot", "1"], EXIT.USAGE, "CONFIGURATION", "see maxsimd serve --help"],
])("ends with a sentence on %s, in JSON too", async (_, args, exitCode, code, words) => {
  const ran = await runCommand(["serve", ...args, "--log-level", "silent", "--json"]);
  expect(ran.exitCode).toBe(exitCode);
  expect(ran.err).toHaveLength(1);
  expect(ran.err[0]).toContain(words);
  expect(ran.json()).toEqual({ error: { exitCode, code, message: ran.err[0]?.replace("maxsimd: ", "") } });
});

it("serves until Ctrl-C, then drains and ends with 0", async () => {
  const { vectors, tokenIds, doclens } = writeCorpus(folder, 10);
  const file = join(folder, "papers.maxsim");
  await runCommand(["build", vectors, tokenIds, doclens, "-o", file]);
  const bin = fileURLToPath(new URL("../../bin/maxsimd.js", import.meta.url));
  const child = spawn(process.execPath, [bin, "serve", file, "--port", "0", "--workers", "1"]);
  const ended = once(child, "exit");
  let address = "";
  for await (const line of createInterface(child.stderr)) {
    const entry = JSON.parse(line) as { msg: string; data?: string };
    if (entry.data !== undefined) {
      address = entry.data;
      break;
    }
  }
  const listed = await runCommand(["list", "--server", address]);
  expect(listed.out.join("\n")).toMatch(/^papers +1 +current/m);
  child.kill("SIGINT");
  expect(await ended).toEqual([EXIT.OK, null]);
});
