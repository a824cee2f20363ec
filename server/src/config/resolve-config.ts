import { readFile, stat } from "node:fs/promises";
import { StartError } from "../errors/start-error.js";
import { type CommandLine, type HelpText, parseCommandLine } from "./command-line.js";
import { flatten, type Layer, nest } from "./layer.js";
import { checkConfig, type ServerConfig } from "./server-config.js";
import { ALL_SETTINGS, type Setting } from "./settings.js";

/** Environment variable that names the configuration file. */
const CONFIG_ENV = "MAXSIMD_CONFIG";
const PREFIX = "MAXSIMD_";

export type Environment = Readonly<Record<string, string | undefined>>;

/** The configuration that flags, environment and file make together. */
export interface Resolved {
  readonly config: ServerConfig;
  /** Where each setting that differs from its default came from, by path. */
  readonly sources: Readonly<Record<string, string>>;
  /** Print it, and start nothing. */
  readonly printOnly: boolean;
  /** Variables with this server's prefix that are not settings: misspelled, or another program's. */
  readonly unknownVariables: readonly string[];
}

/**
 * Resolves a server's configuration: flags over environment over file over defaults.
 * Throws StartError.
 * @param argv the arguments after the program's name.
 */
export async function resolveConfig(
  argv: readonly string[],
  env: Environment,
  program = "maxsimd-server",
): Promise<Resolved | HelpText> {
  const line = parseCommandLine(argv, program);
  if ("help" in line) {
    return line;
  }
  const file = await fileLayer(line.config ?? env[CONFIG_ENV]);
  // The later of two settings of one path replaces the earlier.
  const merged = new Map([...file, ...envLayer(env), ...(await flagLayer(line))]);
  const config = checkConfig(nest([...merged]), (path) => merged.get(path)?.source);
  return {
    config,
    sources: Object.fromEntries([...merged].map(([path, { source }]) => [path, source])),
    printOnly: line.printConfig,
    unknownVariables: unknownVariables(env),
  };
}

async function fileLayer(path: string | undefined): Promise<Layer> {
  if (path === undefined) {
    return [];
  }
  let content: unknown;
  try {
    content = JSON.parse(await readFile(path, "utf8"));
  } catch (error) {
    const isSyntax = error instanceof SyntaxError;
    const message = isSyntax ? `${path}: expected a JSON file: ${error.message}` : StartError.from(path, error).message;
    throw StartError.configuration(message, error);
  }
  if (typeof content !== "object" || content === null || Array.isArray(content)) {
    throw StartError.configuration(`${path}: expected a JSON object, got ${JSON.stringify(content).slice(0, 40)}`);
  }
  return flatten(content, path);
}

function envLayer(env: Environment): Layer {
  return ALL_SETTINGS.flatMap((setting) => fromText(setting, env[setting.env], setting.env));
}

async function flagLayer(line: CommandLine): Promise<Layer> {
  const flags = ALL_SETTINGS.flatMap((setting) => {
    const [flag = setting.flag] = setting.flag.split(" ");
    return fromText(setting, line.settings.get(setting.path), flag);
  });
  if (line.path === undefined) {
    return flags;
  }
  const found = await stat(line.path).catch(() => undefined);
  const path = found?.isDirectory() === true ? "data" : "index";
  return [[path, { value: line.path, source: "the argument" }], ...flags];
}

/** Text that is not a number or switch is left as it is, so that the check's message shows what was given. */
function fromText({ path, kind }: Setting, text: string | undefined, source: string): Layer {
  if (text === undefined) {
    return [];
  }
  if (kind === "switch" && (text === "true" || text === "false")) {
    return [[path, { value: text === "true", source }]];
  }
  const isNumber = kind === "number" && /^-?\d+(\.\d+)?$/.test(text);
  return [[path, { value: isNumber ? Number(text) : text, source }]];
}

function unknownVariables(env: Environment): string[] {
  const known = new Set([CONFIG_ENV, ...ALL_SETTINGS.map((setting) => setting.env)]);
  return Object.keys(env).filter((name) => name.startsWith(PREFIX) && !known.has(name));
}
