import { Command, CommanderError } from "commander";
import { StartError } from "../errors/start-error.js";
import { LIMIT_NAMES, limitEnv, SETTINGS } from "./settings.js";

/** What the command line says: settings by path, as text, and the rest. */
export interface CommandLine {
  readonly settings: ReadonlyMap<string, string>;
  /** The one argument: a file or a directory. */
  readonly path: string | undefined;
  /** The configuration file. */
  readonly config: string | undefined;
  readonly printConfig: boolean;
}

/** The command line asks for the help. */
export interface HelpText {
  readonly help: string;
}

const EXAMPLES = `
Examples:
  maxsimd-server books.maxsim                          serve one file on 127.0.0.1:50051
  maxsimd-server /var/lib/maxsimd                      serve a catalog: <dir>/<index>/<version>.maxsim
  maxsimd-server --data /var/lib/maxsimd --admin unix:/run/maxsimd/admin.sock --metrics 127.0.0.1:9464
  maxsimd-server /var/lib/maxsimd --host 0.0.0.0 --tls-cert server.crt --tls-key server.key --tokens tokens.json
  maxsimd-server --config /etc/maxsimd.json --limit k=1000 --limit queueMs=20
  MAXSIMD_PORT=6000 maxsimd-server books.maxsim        the same settings from the environment

With a token file, each call needs a token: searches one with the scope search, calls of the admin listener one with the scope admin.
The token file and the certificates are read again when they change, and on SIGHUP.

A setting is taken from the first of: flag, environment (MAXSIMD_PORT for --port), configuration file (JSON), default.
--print-config shows what results, and where each setting came from.

Limits (--limit <name>=<number>, or in the environment as ${limitEnv("queueMs")}):
  ${LIMIT_NAMES.join(" ")}

Exit codes: 0 stopped as asked, 1 could not start or failed, 2 wrong usage or configuration.
`;

/**
 * Parses the arguments after the program's name. Throws StartError for an unknown option or a bad value.
 * @param program what to call it in the help.
 */
export function parseCommandLine(argv: readonly string[], program: string): CommandLine | HelpText {
  const settings = new Map<string, string>();
  const command = commandFor(program, settings);
  const written: string[] = [];
  const write = (text: string): number => written.push(text);
  command.exitOverride().configureOutput({ writeOut: write, writeErr: write });
  try {
    command.parse([...argv], { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) {
      throw error;
    }
    if (error.exitCode === 0) {
      return { help: written.join("") };
    }
    const text = error.message.replace(/^error: /, "").replaceAll("\n", " ");
    throw StartError.configuration(`${text}; see ${program} --help`, error);
  }
  const { config, printConfig = false } = command.opts<{ config?: string; printConfig?: boolean }>();
  return { settings, path: command.args[0], config, printConfig };
}

/** @param settings receives the settings that are parsed, by path. */
function commandFor(program: string, settings: Map<string, string>): Command {
  const command = new Command(program)
    .description("Serves late-interaction (MaxSim) search over gRPC.")
    .argument("[path]", "an index file, or a catalog directory")
    .option("--config <file>", "configuration file (JSON); also MAXSIMD_CONFIG")
    .option("--print-config", "print the resulting configuration as JSON and exit")
    .option("--limit <name=value>", "set a limit; may be repeated", (text) => setLimit(settings, text))
    .addHelpText("after", EXAMPLES.replaceAll("maxsimd-server", program));
  for (const { path, flag, env, kind, about } of SETTINGS) {
    if (kind === "switch") {
      command
        .option(flag, `${about}; also ${env}=true`)
        .on(`option:${flag.slice(2)}`, () => settings.set(path, "true"));
    } else {
      command.option(flag, `${about}; also ${env}`, (text) => settings.set(path, text));
    }
  }
  return command;
}

function setLimit(settings: Map<string, string>, text: string): void {
  const [name, value] = text.split("=", 2);
  if (name === undefined || value === undefined || !LIMIT_NAMES.includes(name)) {
    const expected = `<name>=<number>, name one of ${LIMIT_NAMES.join(" ")}`;
    throw StartError.configuration(`--limit ${text}: expected ${expected}`);
  }
  settings.set(`limits.${name}`, value);
}
