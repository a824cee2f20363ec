import type { Environment } from "./config/resolve-config.js";
import { StartError } from "./errors/start-error.js";
import type { OpenEncoder, RunningServer } from "./start.js";

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
  /** Calls back each time that the process is asked to read its files again (SIGHUP), which then does not end it. */
  readonly onReloadAsked: (reload: () => void) => void;

  /**
   * Whether the process does nothing else. It is then ended with exit code 0 at most the grace and one second after it was asked to stop,
   * whatever its threads do.
   */
  readonly ownsProcess?: boolean;
  /** Opens the encoder in a folder; without it, the setting `encoder` is an error. */
  readonly openEncoder?: OpenEncoder;
  /** Called with what kept the server from starting, or ended it; without it, the message goes to `writeError`. */
  readonly onFailure?: (error: StartError) => void;
}

/** When the process is ended that was asked to stop and has not, in milliseconds after the grace. */
const LAST_RESORT_MS = 800;
/** The same after everything is closed: what is left then is threads that native code keeps, for which `process.exit` would wait. */
const CLOSED_MS = 200;

/** Runs a server until it is asked to stop; resolves to the exit code. Never throws. */
export async function runServer(host: ServerProcess): Promise<number> {
  let running: RunningServer | undefined;
  // First of all, because it keeps the signal from ending the process. A server that does not run yet is about to read its files.
  host.onReloadAsked(() => void running?.reload());
  try {
    // Loaded here, because loading may fail as well: if, say, the process may open too few files.
    const { resolveConfig } = await import("./config/resolve-config.js");
    const { start } = await import("./start.js");
    const resolved = await resolveConfig(host.argv, host.env, host.program);
    if ("help" in resolved) {
      host.writeOut(resolved.help);
      return ExitCode.STOPPED;
    }
    if (resolved.printOnly) {
      host.writeOut(`${JSON.stringify({ ...resolved.config, sources: resolved.sources }, undefined, 2)}\n`);
      return ExitCode.STOPPED;
    }
    for (const name of resolved.unknownVariables) {
      host.writeError(`warning: ${name} is not a setting of the server\n`);
    }
    const stopAsked = host.stopAsked();
    running = await start(resolved.config, host.openEncoder);
    await stopAsked;
    const end = host.ownsProcess === true ? (await import("./engine/exit.js")).exitWithin : undefined;
    end?.(resolved.config.drainGraceMs + LAST_RESORT_MS, ExitCode.STOPPED);
    await running.drain();
    end?.(CLOSED_MS, ExitCode.STOPPED);
    return ExitCode.STOPPED;
  } catch (error) {
    return reportFailure(host, error);
  }
}

/** Reports what kept a server from starting; returns the exit code. */
function reportFailure(host: ServerProcess, thrown: unknown): number {
  const error = StartError.from("the server", thrown);
  if (host.onFailure === undefined) {
    host.writeError(`error: ${error.code === "CONFIGURATION" ? "configuration: " : ""}${error.message}\n`);
  } else {
    host.onFailure(error);
  }
  return error.code === "CONFIGURATION" ? ExitCode.USAGE : ExitCode.FAILED;
}
