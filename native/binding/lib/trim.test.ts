import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { trimMemory } from "./index.js";

// The promise: free memory that lies between memory in use is given back.

function resident(): number {
  return Number(/^RssAnon:\s+(\d+) kB$/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1]) * 1024;
}

/** Whether the C library is glibc. */
const glibc = (process.report.getReport() as { header: { glibcVersionRuntime?: string } }).header.glibcVersionRuntime;

it.runIf(glibc !== undefined)("gives free pages back", async () => {
  // Small enough to lie in the heap, and large enough to hold whole pages.
  let buffers = Array.from({ length: 2000 }, () => Buffer.allocUnsafeSlow(64 * 1024).fill(1));
  const kept = buffers.filter((_, i) => i % 20 === 19);
  buffers = [];
  const { setFlagsFromString } = await import("node:v8");
  const { runInNewContext } = await import("node:vm");
  setFlagsFromString("--expose-gc");
  await new Promise(setImmediate);
  runInNewContext("gc")();
  await new Promise((resolve) => setTimeout(resolve, 50));
  const before = resident();
  trimMemory();
  expect(before - resident()).toBeGreaterThan(50 * 1024 * 1024);
  expect(kept).toHaveLength(100);
});
