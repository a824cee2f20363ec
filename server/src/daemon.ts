import { setFlagsFromString } from "node:v8";
import { reportFailure, type ServerProcess } from "./server-process.js";

/**
 * Flags of V8 for a process that is a server. By default it lets the heap of the main thread grow by 35 MB in a minute of
 * calls, most of it free: what a call allocates dies with the call, and the memory is worth more to the index. V8 reads both
 * flags whenever it considers growing, so that they hold although it runs already.
 */
const V8_FLAGS = ["--optimize-for-size", "--semi-space-growth-factor=1"];

/** Runs a server that has the process to itself and keeps it small: sets V8 for it, then loads the server; see runServer. */
export async function runDaemon(host: ServerProcess): Promise<number> {
  // Before the modules, whose loading makes the heap grow.
  for (const flag of V8_FLAGS) setFlagsFromString(flag);
  try {
    const { runServer } = await import("./run-server.js");
    return await runServer(host);
  } catch (error) {
    // Loading fails if, say, the process may open too few files.
    return reportFailure(host, error);
  }
}
