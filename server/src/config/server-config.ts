import { availableParallelism } from "node:os";
import { z } from "zod";
import { StartError } from "../errors/start-error.js";
import { parseAddress, parseHost } from "./address.js";
import { limitsSchema, MAX_TIMER_MS, whole } from "./limits.js";
import { openDoors } from "./open-doors.js";

const address = z.string().refine((text) => parseAddress(text) !== undefined, {
  error: "expected host:port or unix:/path, as in 127.0.0.1:50052",
});

const tcpAddress = z.string().refine((text) => parseAddress(text)?.kind === "tcp", {
  error: "expected host:port without a scheme, as in 127.0.0.1:9464",
});

const host = z.string().refine((text) => parseHost(text, 0) !== undefined, {
  error: "expected a host name or IP address without scheme and port (the port is a setting of its own), or unix:/path",
});

const tlsSchema = z.strictObject({
  /** PEM files: the certificate chain, and its key. */
  cert: z.string().min(1),
  key: z.string().min(1),
  /** PEM file; with it, callers must show a certificate that it signed. */
  clientCa: z.string().min(1).optional(),
});

/** Everything a server is started with. Unknown keys are refused, so that a misspelled setting is not ignored. */
export const serverConfigSchema = z
  .strictObject({
    /** Address of the data listener: a host, or `unix:/path`. */
    host: host.default("127.0.0.1"),
    /** Port of the data listener; 0 takes a free one. A Unix socket has none, and then this is ignored. */
    port: whole(0, 65_535).default(50_051),
    /** Address of the admin listener, `host:port` or `unix:/path`; off without. On the network it needs TLS and a token file. */
    admin: address.optional(),
    /** Address of the HTTP listener for /metrics and /healthz; off without. */
    metrics: tcpAddress.optional(),
    /** Catalog directory: `<data>/<index>/<version>.maxsim`. */
    data: z.string().min(1).optional(),
    /** One index file to serve, instead of a catalog directory. */
    index: z.string().min(1).optional(),
    /** Name of that one index; without it, the file's name. */
    name: z.string().min(1).optional(),
    /** Folder of a ColBERT-style ONNX model, with which questions in words are answered; off without. */
    encoder: z.string().min(1).optional(),
    /** Threads that search. One core is left to the network by default. */
    workers: whole(1, 512).default(() => Math.max(1, availableParallelism() - 1)),
    /** Whether segments are merged and old versions removed after changes of documents. */
    upkeep: z.enum(["on", "off"]).default("on"),
    /** Time that calls have to end when the server stops, in milliseconds. */
    drainGraceMs: whole(0, MAX_TIMER_MS).default(20_000),
    tls: tlsSchema.optional(),
    /** Token file: who may call what. Without it, everybody may who reaches a listener. */
    tokens: z.string().min(1).optional(),
    /** Allows listeners on the network that anybody can listen to or call: data without TLS, and metrics. */
    insecure: z.boolean().default(false),
    log: z
      .strictObject({
        level: z.enum(["trace", "debug", "info", "warn", "error", "fatal", "silent"]).default("info"),
        format: z.enum(["json", "text"]).default("json"),
      })
      .prefault({}),
    limits: limitsSchema.prefault({}),
  })
  .superRefine((config, context) => {
    const refuse = (path: string[], message: string, input: unknown): void =>
      context.addIssue({ code: "custom", path, message, input });
    if ((config.data === undefined) === (config.index === undefined)) {
      const got = config.data === undefined ? "neither" : "both";
      refuse(["data"], "expected a catalog directory or one index file", got);
    }
    for (const [name, most] of [
      ["deadlineMs", "maxDeadlineMs"],
      ["adminDeadlineMs", "maxAdminDeadlineMs"],
    ] as const) {
      const { [name]: value, [most]: bound } = config.limits;
      if (value > bound) {
        refuse(["limits", name], `expected at most ${most}, which is ${bound}`, value);
      }
    }
    for (const { setting, message } of openDoors(config)) {
      refuse([setting], message, config[setting]);
    }
    if (config.name !== undefined && config.index === undefined) {
      refuse(["name"], "it names a single index file, and a catalog is served; remove it", config.name);
    }
  });

/** What a caller of `start` may leave out. */
export type ServerConfigInput = z.input<typeof serverConfigSchema>;

/** With every default filled in. */
export type ServerConfig = z.output<typeof serverConfigSchema>;

/**
 * Fills in defaults and checks every setting.
 * @param sourceOf says where a setting came from, for the message.
 * Throws StartError that names each setting at fault.
 */
export function checkConfig(
  input: ServerConfigInput | Record<string, unknown>,
  sourceOf: (path: string) => string | undefined = () => undefined,
): ServerConfig {
  const result = serverConfigSchema.safeParse(input, { reportInput: true });
  if (result.success) {
    return result.data;
  }
  const lines = result.error.issues.map((issue) => describeIssue(issue, sourceOf));
  throw StartError.configuration(lines.join("\n"));
}

function describeIssue(issue: z.core.$ZodIssue, sourceOf: (path: string) => string | undefined): string {
  if (issue.code === "unrecognized_keys") {
    const keys = issue.keys.map((key) => [...issue.path, key].join("."));
    return keys.map((key) => `${key}: unknown setting${from(sourceOf(key))}`).join("\n");
  }
  const path = issue.path.join(".");
  return `${path}: ${issue.message}, got ${JSON.stringify(issue.input) ?? "nothing"}${from(sourceOf(path))}`;
}

function from(source: string | undefined): string {
  return source === undefined ? "" : ` (from ${source})`;
}
