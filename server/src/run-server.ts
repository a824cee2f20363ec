import { ConfigError } from "./config/config-error.js";
import { type Environment, resolveConfig } from "./config/resolve-config.js";
import { start } from "./start.js";

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
  /** Called once the server serves. */
  readonly onServing?: () => void;
}

/** Runs a server until it is asked to stop; resolves to the exit code. Never throws. */
export async function runServer(host: ServerProcess): Promise<number> {
  try {
    const resolved = await resolveConfig(host.argv, host.env, host.program);
    if ("exitCode" in resolved) {
      (resolved.exitCode === 0 ? host.writeOut : host.writeError)(resolved.text);
      return resolved.exitCode;
    }
    if (resolved.printOnly) {
      host.writeOut(`${JSON.stringify({ ...resolved.config, sources: resolved.sources }, undefined, 2)}\n`);
      return ExitCode.STOPPED;
    }
    for (const name of resolved.unknownVariables) {
      host.writeError(`warning: ${name} is no setting of the server\n`);
    }
    const stopAsked = host.stopAsked();
    const server = await start(resolved.config);
    host.onServing?.();
    await stopAsked;
    await server.drain();
    return ExitCode.STOPPED;
  } catch (error) {
    const prefix = error instanceof ConfigError ? "configuration: " : "";
    host.writeError(`error: ${prefix}${error instanceof Error ? error.message : String(error)}\n`);
    return error instanceof ConfigError ? ExitCode.USAGE : ExitCode.FAILED;
  }
}
