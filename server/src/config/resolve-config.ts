import { readFile, stat } from "node:fs/promises";
import { StartError } from "../errors/start-error.js";
import { checkConfig } from "./check-config.js";
import { type CommandLine, type HelpText, parseCommandLine } from "./command-line.js";
import { Layer, mergeLayers, toObject } from "./layer.js";
import type { ServerConfig } from "./server-config.js";
import { LIMIT_NAMES, limitEnv, SETTINGS } from "./settings.js";

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
  /** Variables that begin like ours but are not settings: misspelled, or another program's. */
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
  const merged = mergeLayers([file, envLayer(env), await flagLayer(line)]);
  const config = checkConfig(toObject(merged), (path) => merged.values.get(path)?.source);
  return {
    config,
    sources: Object.fromEntries([...merged.values].map(([path, { source }]) => [path, source])),
    printOnly: line.printConfig,
    unknownVariables: unknownVariables(env),
  };
}

async function fileLayer(path: string | undefined): Promise<Layer> {
  const layer = new Layer();
  if (path === undefined) {
    return layer;
  }
  let content: unknown;
  try {
    content = JSON.parse(await readFile(path, "utf8"));
  } catch (error) {
    const reason = error instanceof SyntaxError ? `expected a JSON file: ${error.message}` : undefined;
    throw StartError.configuration(
      reason === undefined ? StartError.from(path, error).message : `${path}: ${reason}`,
      error,
    );
  }
  if (typeof content !== "object" || content === null || Array.isArray(content)) {
    throw StartError.configuration(`${path}: expected a JSON object, got ${JSON.stringify(content).slice(0, 40)}`);
  }
  layer.setAll(content as Record<string, unknown>, path);
  return layer;
}

function envLayer(env: Environment): Layer {
  const layer = new Layer();
  for (const setting of SETTINGS) {
    setText(layer, setting.path, env[setting.env], setting.kind, setting.env);
  }
  for (const name of LIMIT_NAMES) {
    setText(layer, `limits.${name}`, env[limitEnv(name)], "number", limitEnv(name));
  }
  return layer;
}

async function flagLayer(line: CommandLine): Promise<Layer> {
  const layer = new Layer();
  if (line.path !== undefined) {
    const isDirectory = await stat(line.path).then(
      (found) => found.isDirectory(),
      () => false,
    );
    layer.set(isDirectory ? "data" : "index", line.path, "the argument");
  }
  for (const [path, text] of line.settings) {
    const kind = SETTINGS.find((setting) => setting.path === path)?.kind ?? "number";
    const flag = SETTINGS.find((setting) => setting.path === path)?.flag.split(" ")[0] ?? "--limit";
    setText(layer, path, text, kind, flag);
  }
  return layer;
}

/** Text that is not a number is left as it is, so that the check's message shows what was given. */
function setText(layer: Layer, path: string, text: string | undefined, kind: "text" | "number", source: string): void {
  if (text === undefined) {
    return;
  }
  const isNumber = kind === "number" && /^-?\d+(\.\d+)?$/.test(text);
  layer.set(path, isNumber ? Number(text) : text, source);
}

function unknownVariables(env: Environment): string[] {
  const known = new Set([CONFIG_ENV, ...SETTINGS.map(({ env: name }) => name), ...LIMIT_NAMES.map(limitEnv)]);
  return Object.keys(env).filter((name) => name.startsWith(PREFIX) && !known.has(name));
}
