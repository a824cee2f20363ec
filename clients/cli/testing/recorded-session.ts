/** A session for tests. It records the output of a command and can interrupt it. */

import { EXIT } from "../src/exit-code.js";
import { CommandFailure } from "../src/failure.js";
import { run } from "../src/run.js";
import type { Session, Settings } from "../src/session.js";

export interface Ran {
  exitCode: number;
  out: string[];
  err: string[];
  /** The last line of standard output. */
  json(): Record<string, unknown>;
}

export interface RunOptions {
  settings?: Partial<Settings>;
  /** Called with each line on standard error and a function that does what Ctrl-C does. */
  onError?: (line: string, interrupt: () => void) => void;
}

/** Runs a command line in this process. */
export async function runCommand(args: readonly string[], options: RunOptions = {}): Promise<Ran> {
  const out: string[] = [];
  const err: string[] = [];
  const controller = new AbortController();
  const interrupt = () => controller.abort(new CommandFailure(EXIT.INTERRUPTED, "interrupted"));
  const session: Session = {
    out: (line) => void out.push(...line.split("\n")),
    err: (line) => {
      err.push(...line.split("\n"));
      options.onError?.(line, interrupt);
    },
    bars: undefined,
    columns: undefined,
    settings: { server: "127.0.0.1:1", admin: undefined, token: undefined, debug: false, ...options.settings },
    environment: {},
    interruption: () => controller.signal,
    onHangUp: () => undefined,
  };
  const exitCode = await run(args, session);
  return { exitCode, out, err, json: () => JSON.parse(out.at(-1) ?? "") };
}
