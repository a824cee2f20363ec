// The server as it is run, with two workers over one file: says where it listens, then for each line of input how much memory
// the process holds. Ends with its input.

import process from "node:process";
import { createInterface } from "node:readline";
import { runDaemon } from "@maxsimd/server/daemon";

const input = createInterface({ input: process.stdin });
input.on("line", () => console.log(JSON.stringify({ rss: process.memoryUsage.rss() })));

process.exitCode = await runDaemon({
  argv: ["--index", process.argv[2], "--port", "0", "--workers", "2"],
  env: {},
  writeOut: (text) => process.stdout.write(text),
  writeError: (text) => process.stderr.write(text),
  stopAsked: () => new Promise((resolve) => input.once("close", () => resolve("end of input"))),
});
