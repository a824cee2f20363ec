import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { Command } from "./support/command.js";
import { root } from "./support/root.js";

// The promise: `npm run bench:ghz` makes 10,000 unary calls and 1,000 streamed queries without an error, or says how to get
// ghz where neither it nor Go is there.

const runs = (command: string, ...args: string[]) => spawnSync(command, args).status === 0;

it("npm run bench:ghz", async () => {
  const possible =
    runs("go", "version") || runs("ghz", "--version") || runs(join(root, "bench/.cache/bin/ghz"), "--version");
  const { code, stdout, stderr } = await new Command("npm run bench:ghz").finished;
  if (!possible) {
    expect(stderr.trim().split("\n").at(-1)).toMatch(/^ghz is missing and so is Go: install ghz from /);
    expect(code).toBe(1);
    return;
  }
  expect(`${code}\n${stdout}\n${stderr}`).toMatch(/^0\n/);
  const report = (name: string) => JSON.parse(readFileSync(join(root, "bench/out/ghz", `${name}.json`), "utf8"));
  expect(report("search")).toMatchObject({ count: 10_000, statusCodeDistribution: { OK: 10_000 } });
  // 10 streams of 100 queries: ghz counts streams, and its report does not name their length; the server counts queries.
  expect(report("search-stream")).toMatchObject({ count: 10, statusCodeDistribution: { OK: 10 } });
  expect([...stdout.matchAll(/^Queries searched:\t(\d+)$/gm)].map(([, n]) => n)).toEqual(["10000", "1000"]);
  expect(stdout).toContain("[OK]\t10000 responses");
}, 300_000);
