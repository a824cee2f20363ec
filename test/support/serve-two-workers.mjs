// The server as it is run, with two workers over one file: says where it listens, then for each line of input how much memory
// the process holds. Ends with its input.

import { readFileSync } from "node:fs";
import process from "node:process";
import { createInterface } from "node:readline";
import { runDaemon } from "@maxsimd/server/daemon";

const input = createInterface({ input: process.stdin });
input.on("line", () => {
  const status = readFileSync("/proc/self/status", "latin1");
  const bytes = (name) => 1024 * Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, "m").exec(status)[1]);
  console.log(JSON.stringify({ anonymous: bytes("RssAnon"), files: bytes("RssFile") }));
});

process.exitCode = await runDaemon({
  // All that the test sends at once may wait, and a search may read every page.
  argv: [
    "--index",
    process.argv[2],
    "--port",
    "0",
    "--workers",
    "2",
    "--limit",
    "queueMs=60000",
    "--limit",
    "searchMs=60000",
  ],
  env: {},
  writeOut: (text) => process.stdout.write(text),
  writeError: (text) => process.stderr.write(text),
  onReloadAsked: () => undefined,
  stopAsked: () => new Promise((resolve) => input.once("close", () => resolve("end of input"))),
});
