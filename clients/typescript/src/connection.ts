import { type ChannelCredentials, Client, credentials, Metadata } from "@grpc/grpc-js";
import { MaxsimRpcError } from "./errors/maxsim-rpc-error.js";
import {
  type CallOptions,
  CHANNEL_DEFAULTS,
  type ConnectionOptions,
  DEFAULT_MAX_ATTEMPTS,
  type TlsOptions,
} from "./options.js";
import { withRetries } from "./rpc/retry.js";
import { callUnary } from "./rpc/unary-call.js";
import type { WireMethod } from "./rpc/wire-method.js";

/** One channel to a server: its credentials, deadlines and retries. Connects on first use and reconnects by itself. */
export class Connection {
  readonly channel: Client;
  readonly maxAttempts: number;
  readonly #timeoutMs: number;
  readonly #token: ConnectionOptions["token"];

  /** @param address `host:port`, `unix:path`, or any name that gRPC resolves */
  constructor(address: string, options: ConnectionOptions, defaultTimeoutMs: number) {
    if (typeof address !== "string" || address === "")
      throw invalid("address", "host:port or unix:path", String(address));
    if (options.token !== undefined && !options.tls && !options.allowPlaintextToken && !isLocal(address)) {
      throw invalid("token", "TLS, an address of this machine, or allowPlaintextToken", `plain text to ${address}`);
    }
    this.#timeoutMs = options.timeoutMs ?? defaultTimeoutMs;
    this.maxAttempts = options.maxAttempts ?? DEFAULT_MAX_ATTEMPTS;
    this.#token = options.token;
    this.channel = new Client(address, channelCredentials(options.tls), {
      ...CHANNEL_DEFAULTS,
      ...(typeof options.tls === "object" && options.tls.serverName !== undefined
        ? { "grpc.ssl_target_name_override": options.tls.serverName }
        : {}),
      ...options.channelOptions,
    });
  }

  /** When a call that starts now must have ended; milliseconds since the epoch. */
  deadlineOf(options: CallOptions | undefined): number {
    const timeoutMs = options?.timeoutMs ?? this.#timeoutMs;
    if (!(timeoutMs > 0)) throw invalid("timeoutMs", "a positive number of milliseconds", String(timeoutMs));
    return Date.now() + timeoutMs;
  }

  /** Metadata of one attempt: a token may have been renewed since the one before. */
  async metadata(): Promise<Metadata> {
    const metadata = new Metadata();
    const token = typeof this.#token === "function" ? await this.#token() : this.#token;
    if (token !== undefined) metadata.set("authorization", `Bearer ${token}`);
    return metadata;
  }

  /** Makes a unary call; one that may be `repeated` is tried again while the server is not there. */
  unary<Request, Response>(
    method: WireMethod<Request, Response>,
    message: Request,
    options: CallOptions | undefined,
    repeated: boolean,
  ): Promise<Response> {
    const deadline = this.deadlineOf(options);
    const signal = options?.signal;
    return withRetries(
      async () => callUnary(this.channel, method, message, { metadata: await this.metadata(), deadline, signal }),
      { maxAttempts: repeated ? this.maxAttempts : 1, deadline, signal },
    );
  }

  /** Resolves once the channel is connected. @throws MaxsimRpcError UNAVAILABLE when it is not by then */
  ready(deadline: number): Promise<void> {
    return new Promise((resolve, reject) => {
      this.channel.waitForReady(deadline, (error) => {
        if (error === undefined) resolve();
        else reject(new MaxsimRpcError({ code: "UNAVAILABLE", message: "no connection to the server", cause: error }));
      });
    });
  }

  close(): void {
    this.channel.close();
  }
}

function channelCredentials(tls: boolean | TlsOptions | undefined): ChannelCredentials {
  if (!tls) return credentials.createInsecure();
  const { ca, cert, key } = tls === true ? ({} as TlsOptions) : tls;
  return credentials.createSsl(pem(ca), pem(key), pem(cert));
}

function pem(value: Buffer | string | undefined): Buffer | null {
  return value === undefined ? null : Buffer.from(value);
}

function isLocal(address: string): boolean {
  return address.startsWith("unix:") || /^(ipv[46]:)?(localhost|127(\.\d+){3}|\[::1\])(:\d+)?$/.test(address);
}

function invalid(field: string, expected: string, got: string): MaxsimRpcError {
  const message = `${field} is not usable: expected ${expected}, got ${got}`;
  return new MaxsimRpcError({ code: "INVALID_PARAMETER", message, field, expected, got });
}
