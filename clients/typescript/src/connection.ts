import { Client, Metadata } from "@grpc/grpc-js";
import { type Endpoint, parseAddress } from "./address.js";
import { badArgument, badParameter, MaxsimRpcError } from "./errors/maxsim-rpc-error.js";
import { HEALTH_CHECK } from "./health.js";
import { type CallOptions, CHANNEL_DEFAULTS, type ConnectionOptions, DEFAULT_MAX_ATTEMPTS } from "./options.js";
import { type CallSettings, callUnary } from "./rpc/calls.js";
import { withRetries } from "./rpc/retry.js";
import type { WireMethod } from "./rpc/wire-method.js";
import { channelCredentials } from "./tls-credentials.js";

/** How long a call on a channel without a connection may take to report the reason; milliseconds. */
const LAST_REASON_MS = 100;

/** One channel to a server: its credentials, deadlines and retries. Connects on first use and reconnects by itself. */
export class Connection {
  readonly #channel: Client;
  readonly #endpoint: Endpoint;
  #closed = false;
  readonly maxAttempts: number;
  readonly #timeoutMs: number;
  readonly #token: ConnectionOptions["token"];

  /** @param address `host:port`, `unix:path`, or any name that gRPC resolves @throws MaxsimRpcError INVALID_PARAMETER */
  constructor(address: string, options: ConnectionOptions, defaultTimeoutMs: number) {
    this.#endpoint = parseAddress(address, Boolean(options.tls));
    if (options.token !== undefined && !options.tls && !options.allowPlaintextToken && !this.#endpoint.local) {
      const fix = "set tls, or allowPlaintextToken if the network is trusted";
      throw badParameter("token", "an encrypted or local connection", `plain text to ${address}`, fix);
    }
    this.#timeoutMs = options.timeoutMs ?? defaultTimeoutMs;
    this.maxAttempts = options.maxAttempts ?? DEFAULT_MAX_ATTEMPTS;
    this.#token = options.token;
    this.#channel = new Client(address, channelCredentials(options.tls), {
      ...CHANNEL_DEFAULTS,
      // A proxy that the environment names cannot reach this machine's own sockets.
      ...(this.#endpoint.local ? { "grpc.enable_http_proxy": 0 } : {}),
      ...(typeof options.tls === "object" && options.tls.serverName !== undefined
        ? { "grpc.ssl_target_name_override": options.tls.serverName }
        : {}),
      ...options.channelOptions,
    });
  }

  /** The deadline of a call that starts now; milliseconds since the epoch. */
  deadlineOf(options: CallOptions | undefined): number {
    const timeoutMs = options?.timeoutMs ?? this.#timeoutMs;
    if (!(timeoutMs > 0)) {
      throw badParameter("timeoutMs", "a positive number of milliseconds", String(timeoutMs));
    }
    return Date.now() + timeoutMs;
  }

  /** The channel. @throws MaxsimRpcError FAILED_PRECONDITION after `close` */
  get channel(): Client {
    if (!this.#closed) return this.#channel;
    const fix = "create a new client after close()";
    throw badArgument("FAILED_PRECONDITION", "client", "an open client", "a closed one", fix);
  }

  /** Settings of one attempt. The token is asked for each time, because it may have been renewed. */
  async settings(deadline: number, signal?: AbortSignal | undefined): Promise<CallSettings> {
    const metadata = new Metadata();
    const token = typeof this.#token === "function" ? await this.#token() : this.#token;
    if (token !== undefined) metadata.set("authorization", `Bearer ${token}`);
    return { metadata, deadline, signal, endpoint: this.#endpoint };
  }

  /** Makes a unary call. A call that may be `repeated` is retried while the server is unreachable or overloaded. */
  unary<Request, Response>(
    method: WireMethod<Request, Response>,
    message: Request,
    options: CallOptions | undefined,
    repeated: boolean,
  ): Promise<Response> {
    const deadline = this.deadlineOf(options);
    const signal = options?.signal;
    return withRetries(async () => callUnary(this.channel, method, message, await this.settings(deadline, signal)), {
      maxAttempts: repeated ? this.maxAttempts : 1,
      deadline,
      signal,
    });
  }

  /** Resolves to true once the channel is connected, and to false when it is not by the deadline. */
  ready(deadline: number): Promise<boolean> {
    return new Promise((resolve) => this.channel.waitForReady(deadline, (error) => resolve(!error)));
  }

  /** The reason why there is no connection. A channel does not report it, but a call on it fails at once with it. */
  async lastFailure(): Promise<MaxsimRpcError> {
    const attempt = callUnary(this.channel, HEALTH_CHECK, "", await this.settings(Date.now() + LAST_REASON_MS));
    const reason: unknown = await attempt.catch((error) => error);
    if (reason instanceof MaxsimRpcError && reason.code === "UNAVAILABLE") return reason;
    const message = `no connection to ${this.#endpoint.address} by the deadline: check that the server runs and the address is right`;
    return new MaxsimRpcError({ code: "UNAVAILABLE", message });
  }

  close(): void {
    this.#closed = true;
    this.#channel.close();
  }
}
