import { once } from "node:events";
import { Command } from "commander";
import { CommandFailure } from "../failure.js";
import { openEncoder } from "../open-encoder.js";
import type { Session } from "../session.js";

/**
 * `maxsimd serve …`: the server's own command line, help included, in this process. Ctrl-C and SIGTERM drain it, SIGHUP makes it read
 * its token file and certificates again. `--json` changes nothing, since a server's log is JSON lines anyway.
 */
export function serveCommand(session: Session): Command {
  return new Command("serve")
    .summary("serve an index file or a catalog over gRPC")
    .argument("[args...]")
    .helpOption(false)
    .allowUnknownOption()
    .passThroughOptions()
    .action(async (args: string[]) => {
      const { runDaemon } = await import("@maxsimd/server/daemon");
      let failure: Error | undefined;
      await runDaemon({
        argv: args.filter((arg) => arg !== "--json"),
        env: session.environment,
        program: "maxsimd serve",
        writeOut: (text) => session.out(text.trimEnd()),
        writeError: (text) => session.err(text.trimEnd()),
        stopAsked: () => stopAsked(session.interruption()),
        onReloadAsked: session.onHangUp,
        // One thread: the others are the search's.
        openEncoder: (folder) => openEncoder(folder, session, 1),
        onFailure: (error) => {
          failure = error;
        },
      });
      if (failure !== undefined) throw failure;
    });
}

/** Waits until the user or the system asks the process to end. Returns the reason. */
async function stopAsked(signal: AbortSignal): Promise<string> {
  if (!signal.aborted) await once(signal, "abort");
  return signal.reason instanceof CommandFailure ? signal.reason.message : "stopped";
}
