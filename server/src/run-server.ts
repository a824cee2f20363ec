import { resolveConfig } from "./config/resolve-config.js";
import { ExitCode, reportFailure, type ServerProcess } from "./server-process.js";
import { start } from "./start.js";

/** Runs a server until it is asked to stop; resolves to the exit code. Never throws. */
export async function runServer(host: ServerProcess): Promise<number> {
  try {
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
    const server = await start(resolved.config);
    await stopAsked;
    await server.drain();
    return ExitCode.STOPPED;
  } catch (error) {
    return reportFailure(host, error);
  }
}
