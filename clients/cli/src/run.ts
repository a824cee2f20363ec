import { CommanderError } from "commander";
import { EXIT, type ExitCode } from "./exit-code.js";
import { CommandFailure, failureOf, usageFailure } from "./failure.js";
import { createProgram } from "./program.js";
import type { Session } from "./session.js";

/**
 * Runs one command line.
 *
 * @param args what follows the program's name
 * @returns the exit code. A failure is printed on standard error, and with `--json` also as an object on standard output
 */
export async function run(args: readonly string[], session: Session): Promise<ExitCode> {
  const program = createProgram(session);
  try {
    await program.parseAsync(args, { from: "user" });
    return EXIT.OK;
  } catch (error) {
    const isCommander = error instanceof CommanderError;
    if (isCommander && error.exitCode === 0) return EXIT.OK;
    const failure = isCommander
      ? failureOf(usageFailure(error.message.replace(/^error: /, "")))
      : failureOf(interruptionOf(error, session));
    // Commander has already printed its message, or the help.
    if (!isCommander) session.err(`maxsimd: ${failure.message}`);
    if (session.settings.debug && error instanceof Error) session.err(error.stack ?? "");
    const found = error instanceof CommandFailure ? error.found : {};
    if (args.includes("--json")) session.out(JSON.stringify({ ...found, error: failure }));
    return failure.exitCode;
  }
}

/** A call that an interruption cancels fails with CANCELLED. The user sees the interruption instead. */
function interruptionOf(error: unknown, session: Session): unknown {
  if (error instanceof CommandFailure) return error;
  const signal = session.interruption();
  return signal.aborted && signal.reason instanceof CommandFailure ? signal.reason : error;
}
