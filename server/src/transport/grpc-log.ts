import { logVerbosity, setLogger, setLogVerbosity } from "@grpc/grpc-js";
import type { Log } from "../observe/log.js";

/** Lines of grpc-js in each interval. */
const MOST_LINES = 5;
const INTERVAL_MS = 60_000;
/** Characters of each: a line may quote a header, which a caller can make as long as all headers may be. */
const MOST_CHARACTERS = 300;

/**
 * Lets grpc-js log its errors to our log and nowhere else. A caller can cause such lines, by a header that is not ASCII for one, and they
 * quote what it sent. So they are few: the first of each minute, and then how many were left out.
 */
export function routeGrpcLog(log: Log): void {
  let [began, lines, omitted] = [Number.NEGATIVE_INFINITY, 0, 0];
  const write = (...parts: unknown[]): void => {
    const now = performance.now();
    if (now - began >= INTERVAL_MS) {
      [began, lines] = [now, 0];
    }
    if (lines >= MOST_LINES) {
      omitted++;
      return;
    }
    lines++;
    const before = omitted === 0 ? {} : { omitted };
    omitted = 0;
    log.warn({ text: parts.map(String).join(" ").slice(0, MOST_CHARACTERS), ...before }, "message of grpc-js");
  };
  setLogger({ error: write, info: write, debug: write });
  setLogVerbosity(logVerbosity.ERROR);
}
