import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";

// The promise: a process ends in time with its exit code, also while its main thread is blocked and `process.exit` waits for a worker thread.

const ENTRY = new URL("../dist/index.js", import.meta.url).href;

it.each([
  ["the main thread is blocked", "Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);"],
  [
    "process.exit waits for a thread that the system keeps",
    `const { Worker } = await import("node:worker_threads");
     const code = 'require("node:fs").openSync(process.argv[2])';
     new Worker(code, { eval: true, execArgv: [], argv: [process.argv[1]] }).once("online", () => setTimeout(() => process.exit(3), 50));`,
  ],
])("ends the process although %s", async (_, block) => {
  const script = `const { exitWithin } = await import(${JSON.stringify(ENTRY)}); exitWithin(300, 7); ${block}`;
  const started = performance.now();
  const folder = mkdtempSync(join(tmpdir(), "maxsimd-exit-"));
  // To open a pipe waits in the kernel until somebody writes to it: here nobody does.
  const pipe = join(folder, "pipe");
  execFileSync("mkfifo", [pipe]);
  const child = spawn(process.execPath, ["--input-type=module", "-e", script, pipe], { stdio: "inherit" });
  onTestFinished(() => {
    child.kill("SIGKILL");
    rmSync(folder, { recursive: true });
  });
  expect(await once(child, "exit")).toEqual([7, null]);
  expect(performance.now() - started).toBeGreaterThan(300);
  expect(performance.now() - started).toBeLessThan(9000);
});
