// Loaded with `--import` into a server that runs with `--expose-gc`: on SIGUSR2 it collects garbage, and writes a line with the bytes that its
// main thread still holds.

import { isMainThread } from "node:worker_threads";

if (isMainThread) {
  process.on("SIGUSR2", () => {
    globalThis.gc();
    globalThis.gc();
    const { heapUsed, external } = process.memoryUsage();
    process.stderr.write(`${JSON.stringify({ msg: "heap", bytes: heapUsed + external })}\n`);
  });
}
