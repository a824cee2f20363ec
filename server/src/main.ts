#!/usr/bin/env node
import { processInput } from "./config/process-input.js";
import { runDaemon } from "./daemon.js";

/** The first signal drains; another ends the process as it would without a handler. */
function stopAsked(): Promise<string> {
  return new Promise((resolve) => {
    for (const signal of ["SIGTERM", "SIGINT"] as const) {
      process.once(signal, () => resolve(signal));
    }
  });
}

const exitCode = await runDaemon({
  ...processInput(),
  writeOut: (text) => process.stdout.write(text),
  writeError: (text) => process.stderr.write(text),
  stopAsked,
  onReloadAsked: (reload) => process.on("SIGHUP", reload),
});
// Native threads and sockets of peers must not keep a process that has drained.
process.exit(exitCode);
