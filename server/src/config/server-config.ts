import { availableParallelism } from "node:os";
import { z } from "zod";
import { isLocal, parseAddress, parseHost } from "./address.js";
import { limitsSchema, MAX_TIMER_MS } from "./limits.js";

const port = z.number().int().min(0).max(65_535);

const localAddress = z.string().refine((text) => isLocalAddress(text), {
  error: "expected a loopback host:port or unix:/path, as in 127.0.0.1:50052: this listener has no access control",
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

/** Everything a server is started with. Unknown keys are refused: a setting misspelled is not a setting ignored. */
export const serverConfigSchema = z
  .strictObject({
    /** Address of the data listener: a host, or `unix:/path`. */
    host: host.default("127.0.0.1"),
    /** Port of the data listener; 0 takes a free one. A Unix socket has none, and then this is ignored. */
    port: port.default(50_051),
    /** Address of the admin listener, `host:port` on loopback or `unix:/path`; off without. */
    admin: localAddress.optional(),
    /** Address of the HTTP listener for /metrics and /healthz; off without. */
    metrics: tcpAddress.optional(),
    /** Catalog directory: `<data>/<index>/<version>.maxsim`. */
    data: z.string().min(1).optional(),
    /** One index file to serve, instead of a catalog directory. */
    index: z.string().min(1).optional(),
    /** Name of that one index; without it, the file's name. */
    name: z.string().min(1).optional(),
    /** Threads that search. One core is left to the network by default. */
    workers: z
      .number()
      .int()
      .min(1)
      .max(512)
      .default(() => Math.max(1, availableParallelism() - 1)),
    /** Time that calls have to end when the server stops, in milliseconds. */
    drainGraceMs: z.number().int().min(0).max(MAX_TIMER_MS).default(20_000),
    tls: tlsSchema.optional(),
    log: z
      .strictObject({
        level: z.enum(["trace", "debug", "info", "warn", "error", "fatal", "silent"]).default("info"),
        format: z.enum(["json", "text"]).default("json"),
      })
      .prefault({}),
    limits: limitsSchema.prefault({}),
  })
  .superRefine((config, context) => {
    if ((config.data === undefined) === (config.index === undefined)) {
      const got = config.data === undefined ? "neither" : "both";
      context.addIssue({
        code: "custom",
        path: ["data"],
        message: "expected a catalog directory or one index file",
        input: got,
      });
    }
    for (const [name, most] of [
      ["deadlineMs", "maxDeadlineMs"],
      ["adminDeadlineMs", "maxAdminDeadlineMs"],
    ] as const) {
      if (config.limits[name] > config.limits[most]) {
        const message = `expected at most ${most}, which is ${config.limits[most]}`;
        context.addIssue({ code: "custom", path: ["limits", name], message, input: config.limits[name] });
      }
    }
    if (config.name !== undefined && config.index === undefined) {
      context.addIssue({
        code: "custom",
        path: ["name"],
        message: "it names a single index file, and a catalog is served; remove it",
        input: config.name,
      });
    }
  });

/** What a caller of `start` may leave out. */
export type ServerConfigInput = z.input<typeof serverConfigSchema>;

/** With every default filled in. */
export type ServerConfig = z.output<typeof serverConfigSchema>;

function isLocalAddress(text: string): boolean {
  const address = parseAddress(text);
  return address !== undefined && isLocal(address);
}
