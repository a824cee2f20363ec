import process from "node:process";
import { readEnvironment } from "./config.js";
import { EXIT } from "./exit-code.js";
import { CommandFailure } from "./failure.js";
import { run } from "./run.js";

/** A signal that aborts when the user or the system asks the process to end. */
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
  // The reader of the output, such as `head`, has closed it.
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
  onHangUp: (listener) => process.on("SIGHUP", listener),
});
process.exitCode = exitCode;
// A socket or thread that was not closed must not keep a finished command running.
setTimeout(() => process.exit(exitCode), 1_000).unref();
