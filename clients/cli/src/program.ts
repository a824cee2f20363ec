import { createRequire } from "node:module";
import { Command } from "commander";
import { addCommand } from "./commands/add.js";
import { loadCommand, swapCommand, unloadCommand } from "./commands/admin-commands.js";
import { buildCommand } from "./commands/build.js";
import { compactCommand } from "./commands/compact.js";
import { deleteCommand } from "./commands/delete.js";
import { encodeCommand } from "./commands/encode.js";
import { inspectCommand } from "./commands/inspect.js";
import { listCommand } from "./commands/list.js";
import { reportCommand } from "./commands/report.js";
import { searchCommand } from "./commands/search.js";
import { serveCommand } from "./commands/serve.js";
import { tacCommand } from "./commands/tac.js";
import { tokenCommand } from "./commands/token.js";
import { verifyCommand } from "./commands/verify.js";
import { removeVersionsCommand, rollbackCommand, versionsCommand } from "./commands/version-commands.js";
import { whyNotCommand } from "./commands/why-not.js";
import { EXIT_CODE_HELP } from "./exit-code.js";
import type { Session } from "./session.js";

const { version } = createRequire(import.meta.url)("../package.json") as { version: string };

/** The `maxsimd` command with its subcommands. It writes only to the session, and it never ends the process. */
export function createProgram(session: Session): Command {
  const program = new Command("maxsimd")
    .description("Late-interaction (MaxSim) search: builds an index, serves it over gRPC, searches it, swaps it.")
    .version(version)
    // After a subcommand, --version names an index version. Before it, --version asks for the program's.
    .enablePositionalOptions()
    .addHelpText("after", EXIT_CODE_HELP);
  for (const command of [
    serveCommand(session),
    encodeCommand(session),
    buildCommand(session),
    addCommand(session),
    deleteCommand(session),
    compactCommand(session),
    versionsCommand(session),
    rollbackCommand(session),
    removeVersionsCommand(session),
    searchCommand(session),
    whyNotCommand(session),
    inspectCommand(session),
    verifyCommand(session),
    reportCommand(session),
    tacCommand(session),
    listCommand(session),
    swapCommand(session),
    loadCommand(session),
    unloadCommand(session),
    tokenCommand(session),
  ]) {
    program.addCommand(command);
  }
  for (const { command, path } of withSubcommands(program, "maxsimd")) {
    command
      .exitOverride()
      .showHelpAfterError(`(${path} --help shows how)`)
      .configureOutput({
        writeOut: (text) => session.out(text.trimEnd()),
        writeErr: (text) => session.err(text.trimEnd()),
        outputError: (text, write) => write(text.replace(/^error: /, "maxsimd: ")),
        ...(session.columns === undefined ? {} : { getOutHelpWidth: () => session.columns as number }),
      });
  }
  return program;
}

/** A command and its subcommands, each with the words that call it. */
function withSubcommands(command: Command, path: string): { command: Command; path: string }[] {
  const below = command.commands.flatMap((child) => withSubcommands(child as Command, `${path} ${child.name()}`));
  return [{ command, path }, ...below];
}
