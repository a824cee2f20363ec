import { close, open } from "node:fs";
import type { Log } from "./log.js";

/** How often a file is opened to see whether that is possible, in milliseconds. */
const INTERVAL_MS = 1000;
/** The errors of a process and of a system with no file descriptor left. */
const EXHAUSTED: ReadonlySet<string | undefined> = new Set(["EMFILE", "ENFILE"]);

/**
 * Logs when the process has no file descriptor left, and when it has some again. Node closes connections that it cannot
 * accept without an event, so a client would see only a reset, and the operator nothing.
 * @returns a function that ends the watch.
 */
export function watchOpenFiles(log: Log): () => void {
  let exhausted = false;
  const look = (): void => {
    open("/", "r", (error, descriptor) => {
      if (error === null) {
        close(descriptor);
      }
      if (EXHAUSTED.has(error?.code) === exhausted) {
        return;
      }
      exhausted = !exhausted;
      if (exhausted) {
        log.error({ err: error }, "too many open files: new connections are dropped; raise the limit (ulimit -n)");
      } else {
        log.info("files can be opened again");
      }
    });
  };
  const timer = setInterval(look, INTERVAL_MS);
  timer.unref();
  return () => clearInterval(timer);
}
