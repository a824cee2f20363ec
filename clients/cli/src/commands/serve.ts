import { Command } from "commander";
import { CommandFailure } from "../failure.js";
import type { Session } from "../session.js";

/**
 * `maxsimd serve …`: the server's own command line, help included, in this process. Ctrl-C and SIGTERM drain it. `--json`
 * changes nothing, since a server's log is JSON lines anyway.
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
        onFailure: (error) => {
          failure = error;
        },
      });
      if (failure !== undefined) throw failure;
    });
}

function stopAsked(signal: AbortSignal): Promise<string> {
  const name = () => (signal.reason instanceof CommandFailure ? signal.reason.message : "stopped");
  return new Promise((resolve) => {
    if (signal.aborted) resolve(name());
    signal.addEventListener("abort", () => resolve(name()), { once: true });
  });
}
