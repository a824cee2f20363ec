import { limitsSchema } from "./limits.js";

/** One setting as flag and environment variable. */
export interface Setting {
  /** Its place in the configuration. */
  readonly path: string;
  /** As commander takes it. */
  readonly flag: string;
  readonly env: string;
  /** A switch is a flag without a value; elsewhere it is true or false. */
  readonly kind: "text" | "number" | "switch";
  readonly about: string;
}

/** Every setting that has a flag of its own. The limits have one flag together, `--limit name=value`. */
export const SETTINGS: readonly Setting[] = [
  setting("host", "--host <host>", "text", "address of the data listener, or unix:/path (default 127.0.0.1)"),
  setting("port", "--port <port>", "number", "port of the data listener; 0 takes a free one (default 50051)"),
  setting("data", "--data <dir>", "text", "catalog directory: <dir>/<index>/<version>.maxsim"),
  setting("index", "--index <file>", "text", "one index file to serve, instead of a catalog"),
  setting("name", "--name <name>", "text", "name of that one index (default: the file's name)"),
  setting("encoder", "--encoder <folder>", "text", "answer questions in words, with this ONNX model (default: off)"),
  setting("admin", "--admin <address>", "text", "admin listener: unix:/path or host:port (default: off)"),
  setting("tokens", "--tokens <file>", "text", "token file: who may call what; maxsimd token makes its entries"),
  setting("insecure", "--insecure", "switch", "allow data without TLS, and metrics, on the network"),
  setting("metrics", "--metrics <host:port>", "text", "HTTP listener for /metrics and /healthz (default: off)"),
  setting("workers", "--workers <n>", "number", "threads that search (default: cores - 1, at least 1)"),
  setting("upkeep", "--upkeep <on|off>", "text", "merge segments and remove old versions after changes (default on)"),
  setting("drainGraceMs", "--drain-grace-ms <ms>", "number", "time that calls have to end on SIGTERM (default 20000)"),
  setting("tls.cert", "--tls-cert <file>", "text", "PEM certificate chain of the data listener"),
  setting("tls.key", "--tls-key <file>", "text", "PEM key of that certificate"),
  setting("tls.clientCa", "--tls-client-ca <file>", "text", "PEM authority that callers' certificates must come from"),
  setting(
    "log.level",
    "--log-level <level>",
    "text",
    "trace, debug, info, warn, error, fatal or silent (default info)",
  ),
  setting("log.format", "--log-format <format>", "text", "json or text (default json)"),
];

/** Names of the limits, as in the file and after --limit. */
export const LIMIT_NAMES: readonly string[] = Object.keys(limitsSchema.shape);

/** The environment variable of a limit: MAXSIMD_LIMIT_QUEUE_MS for queueMs. */
export function limitEnv(name: string): string {
  return `MAXSIMD_LIMIT_${snake(name)}`;
}

/** Every setting: those with a flag of their own, and the limits. */
export const ALL_SETTINGS: readonly Setting[] = [
  ...SETTINGS,
  ...LIMIT_NAMES.map(
    (name): Setting => ({ path: `limits.${name}`, flag: "--limit", env: limitEnv(name), kind: "number", about: name }),
  ),
];

function setting(path: string, flag: string, kind: Setting["kind"], about: string): Setting {
  return { path, flag, env: `MAXSIMD_${snake(path)}`, kind, about };
}

function snake(path: string): string {
  return path
    .replace(/[A-Z]/g, (letter) => `_${letter}`)
    .replaceAll(".", "_")
    .toUpperCase();
}
