import { join } from "node:path";
import { root } from "../../support/root.js";
import type { ServerProcess } from "./server-process.js";

/**
 * Node's arguments for a server whose held memory is looked at. Compiled code comes and goes by 0.3 MB, which hides a slope of 1 MB/h for an
 * hour; interpreted code stays.
 */
export const WATCHED: readonly string[] = [
  ...["--expose-gc", "--no-opt", "--no-maglev", "--no-sparkplug", "--no-flush-bytecode"],
  ...["--import", join(root, "test/gates/support/heap-reporter.mjs")],
];

/** Bytes that the main thread of a watched server holds after its garbage was collected. */
export async function heldBytes(server: ServerProcess): Promise<number> {
  const seen = server.lines.length;
  server.signal("SIGUSR2");
  for (;;) {
    const line = server.lines.slice(seen).find((text) => text.includes('"msg":"heap"'));
    if (line !== undefined) return (JSON.parse(line) as { bytes: number }).bytes;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
