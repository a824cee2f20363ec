import type { Environment } from "./config/resolve-config.js";
import { StartError } from "./errors/start-error.js";

/** Exit codes of the process. */
export const ExitCode = { STOPPED: 0, FAILED: 1, USAGE: 2 } as const;

/** What a process gives to the server it runs. */
export interface ServerProcess {
  readonly argv: readonly string[];
  readonly env: Environment;
  /** What the help calls the program. */
  readonly program?: string;
  readonly writeOut: (text: string) => void;
  readonly writeError: (text: string) => void;
  /** Resolves with the name of the first signal that asks the process to stop. */
  readonly stopAsked: () => Promise<string>;
  /** Called with what kept the server from starting, or ended it; without it, the message goes to `writeError`. */
  readonly onFailure?: (error: StartError) => void;
}

/** Reports what kept a server from starting; returns the exit code. */
export function reportFailure(host: ServerProcess, thrown: unknown): number {
  const error = StartError.from("the server", thrown);
  if (host.onFailure === undefined) {
    host.writeError(`error: ${error.code === "CONFIGURATION" ? "configuration: " : ""}${error.message}\n`);
  } else {
    host.onFailure(error);
  }
  return error.code === "CONFIGURATION" ? ExitCode.USAGE : ExitCode.FAILED;
}
