import { EXIT, type ExitCode } from "./exit-code.js";

/** A failure that the command itself detects, with its exit code. */
export class CommandFailure extends Error {
  override readonly name = "CommandFailure";
  readonly exitCode: ExitCode;
  /** What `--json` prints next to the error: what the command found before it failed. */
  readonly found: object;

  constructor(exitCode: ExitCode, message: string, options: ErrorOptions & { found?: object } = {}) {
    super(message, options);
    this.exitCode = exitCode;
    this.found = options.found ?? {};
  }
}

/** The failure of a command line that is wrong, as a sentence that says how to correct it. */
export function usageFailure(message: string): CommandFailure {
  return new CommandFailure(EXIT.USAGE, message);
}

/** A failure as the user sees it: one sentence, a code that names it, and the exit code. */
export interface Failure {
  exitCode: ExitCode;
  code: string;
  message: string;
}

/** Codes of the typed errors of @maxsimd/native, of @maxsimd/client, and of the file system, by their exit codes. */
const CODES: readonly (readonly [ExitCode, codes: string])[] = [
  [EXIT.USAGE, "INVALID_PARAMETER INVALID_FILTER CONFIGURATION LIMIT_EXCEEDED"],
  [EXIT.NOT_FOUND, "NOT_FOUND UNKNOWN_INDEX UNKNOWN_VERSION ENOENT"],
  [EXIT.UNAVAILABLE, "UNAVAILABLE OVERLOADED SHUTTING_DOWN DEADLINE_EXPIRED"],
  [EXIT.BAD_DATA, "INDEX_FORMAT INDEX_CORRUPT INDEX_CHANGED DATA_LOSS INVALID_INPUT INVALID_DTYPE"],
  [EXIT.BAD_DATA, "DIM_MISMATCH SHAPE_MISMATCH NON_FINITE EMPTY_QUERY"],
  [EXIT.NOT_ALLOWED, "UNAUTHENTICATED PERMISSION_DENIED"],
  [EXIT.INTERRUPTED, "CANCELLED"],
];
const EXIT_OF = new Map(CODES.flatMap(([exitCode, codes]) => codes.split(" ").map((code) => [code, exitCode])));

/** A failure as one sentence, whatever was thrown. */
export function failureOf(thrown: unknown): Failure {
  if (thrown instanceof CommandFailure) {
    const code = Object.entries(EXIT).find(([, value]) => value === thrown.exitCode)?.[0] ?? "FAILURE";
    return { exitCode: thrown.exitCode, code, message: thrown.message };
  }
  if (!(thrown instanceof Error)) return { exitCode: EXIT.FAILURE, code: "INTERNAL", message: String(thrown) };
  const { code, expected, got } = thrown as Error & { code?: unknown; expected?: unknown; got?: unknown };
  const name = typeof code === "string" ? code : "INTERNAL";
  const found = sentence(thrown.message || thrown.name, expected, got);
  const message = found.replace("make it again from that", "run the command again against that version");
  const exitCode = EXIT_OF.get(name) ?? EXIT.FAILURE;
  return { exitCode, code: name, message: thrown.name === "MaxsimRpcError" ? withFlags(message) : message };
}

/** Adds what was expected and found, unless the message contains it already. */
function sentence(message: string, expected: unknown, got: unknown): string {
  const parts = [
    ["expected", expected],
    ["got", got],
  ].filter(([, value]) => typeof value === "string" && value !== "" && !message.includes(value));
  return parts.length === 0 ? message : `${message} (${parts.map(([label, value]) => `${label} ${value}`).join(", ")})`;
}

/** The sentences of client and server name the client's options. Here they name the command's. */
const FLAGS: readonly (readonly [option: RegExp, flag: string])[] = [
  [/\btls\.(ca|cert|key)\b/g, "--$1"],
  [/\btls\.serverName\b/g, "--server-name"],
  [/\bset tls\b/g, "add --tls"],
  [/\bleave tls out\b/g, "leave out --tls"],
  [/pass the file's content, not its path/g, "name a PEM file"],
  [/\bsend a valid token\b/g, "pass a valid token in MAXSIMD_TOKEN or with --token-file"],
  [/, or allowPlaintextToken if the network is trusted/g, ""],
];

function withFlags(message: string): string {
  return FLAGS.reduce((text, [option, flag]) => text.replace(option, flag), message);
}
