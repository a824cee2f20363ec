import { setFlagsFromString } from "node:v8";
import { runServer, type ServerProcess } from "./run-server.js";

/**
 * Flags of V8 for a process that is a server. By default it lets the heap of the main thread grow by 35 MB in a minute of
 * calls, most of it free: what a call allocates is garbage when the call ends, and the memory is worth more to the index. V8
 * reads both flags each time it considers growing the heap, so they can be set after it has started.
 */
const V8_FLAGS = ["--optimize-for-size", "--semi-space-growth-factor=1", "--heap-growing-percent=400"];

/**
 * Runs a server in a process that does nothing else: sets V8's flags, then loads and runs the server. Once asked to stop, the process ends
 * in time; see ServerProcess.ownsProcess.
 */
export function runDaemon(host: ServerProcess): Promise<number> {
  // Set before the server's modules are loaded, because loading them makes the heap grow.
  for (const flag of V8_FLAGS) setFlagsFromString(flag);
  return runServer({ ...host, ownsProcess: true });
}
