import process from "node:process";
import { readEnvironment } from "./config.js";
import { EXIT } from "./exit-code.js";
import { CommandFailure } from "./failure.js";
import { run } from "./run.js";

/** Aborts a signal when the user or the system asks the process to end. */
function interruption(): () => AbortSignal {
  const controller = new AbortController();
  let listening = false;
  const listen = (signal: "SIGINT" | "SIGTERM", failure: CommandFailure) =>
    process.once(signal, () => controller.abort(failure));
  return () => {
    if (!listening) {
      listening = true;
      listen("SIGINT", new CommandFailure(EXIT.INTERRUPTED, "interrupted"));
      listen("SIGTERM", new CommandFailure(EXIT.TERMINATED, "terminated"));
    }
    return controller.signal;
  };
}

process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  // Whoever read our output, as `head` does, has seen enough.
  if (error.code === "EPIPE") process.exit(EXIT.OK);
  throw error;
});

const exitCode = await run(process.argv.slice(2), {
  out: (line) => process.stdout.write(`${line}\n`),
  err: (line) => process.stderr.write(`${line}\n`),
  bars: process.stderr.isTTY ? process.stderr : undefined,
  columns: process.stdout.isTTY ? process.stdout.columns : undefined,
  ...readEnvironment(),
  interruption: interruption(),
});
process.exitCode = exitCode;
// A socket or thread that something left behind must not keep a command that is done.
setTimeout(() => process.exit(exitCode), 1_000).unref();
