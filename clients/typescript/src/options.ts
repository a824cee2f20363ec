import type { ChannelOptions } from "@grpc/grpc-js";
import type { VersionChange } from "./search/version-watch.js";
import type { WireDtype } from "./tensor/token-matrix.js";

/** Certificates for a connection over TLS, in PEM. */
export interface TlsOptions {
  /** Roots to trust instead of the well-known ones. */
  ca?: Buffer | string | undefined;
  /** This client's own certificate and key, where the server asks for one. */
  cert?: Buffer | string | undefined;
  key?: Buffer | string | undefined;
  /** Name to expect in the server's certificate instead of the address's. */
  serverName?: string | undefined;
}

/** How to reach a server. */
export interface ConnectionOptions {
  /** true, or certificates, for TLS. Default: plain text. */
  tls?: boolean | TlsOptions | undefined;
  /** Bearer token of each call, or a function that gives one, asked before each attempt. */
  token?: string | (() => string | Promise<string>) | undefined;
  /** A token over plain text is refused unless the address is this machine's own, or this is set. Default false. */
  allowPlaintextToken?: boolean | undefined;
  /** Deadline of a call that names none, retries included; milliseconds. */
  timeoutMs?: number | undefined;
  /** Attempts of a call that may be repeated, the first included; 1 = no retry. */
  maxAttempts?: number | undefined;
  /** Passed on to grpc-js, over the settings of this package. */
  channelOptions?: ChannelOptions | undefined;
}

export interface ClientOptions extends ConnectionOptions {
  /** Index of calls that name none. Default: the server's only one. */
  index?: string | undefined;
  /** Element type that binary32 vectors are sent as. Default `"f16"`. */
  dtype?: WireDtype | undefined;
  /** Called when an answer names another version of an index than the answers before it. Pinned calls do not count. */
  onVersionChange?: ((change: VersionChange) => void) | undefined;
}

/** What every call takes. */
export interface CallOptions {
  /** Cancels the call, which then fails with CANCELLED. */
  signal?: AbortSignal | undefined;
  /** Deadline of the whole call, retries included; milliseconds. */
  timeoutMs?: number | undefined;
}

/** Which index answers, and how its queries are encoded. */
export interface SearchCallOptions extends CallOptions {
  index?: string | undefined;
  /** Pins one version by its label. Default: the current one. */
  version?: string | undefined;
  dtype?: WireDtype | undefined;
}

/** What a stream takes beside what holds for every query in it. */
export interface StreamOptions extends SearchCallOptions {
  /** Most queries taken from the source and not yet handed out as outcomes. Default 256. */
  window?: number | undefined;
  /**
   * How long a stream that has given answers keeps trying to go on after it lost the server; milliseconds since the last
   * answer. Default 30,000; 0 = never.
   */
  resumeForMs?: number | undefined;
}

/** A search takes milliseconds; what is not back after ten seconds is of no use to an interactive caller. */
export const DEFAULT_TIMEOUT_MS = 10_000;

/** Loading verifies and warms a file of any size: about 5 s a GB. */
export const DEFAULT_ADMIN_TIMEOUT_MS = 300_000;

/** With waits of 25 to 50, 50 to 100 and 100 to 200 ms between them: survives a moment of overload and does not hide an outage. */
export const DEFAULT_MAX_ATTEMPTS = 4;

/** 32 messages of 8 queries of 32 x 128 binary16: keeps a server's workers busy over a round trip, and is 2 MiB at most. */
export const DEFAULT_WINDOW = 256;

export const DEFAULT_RESUME_FOR_MS = 30_000;

/**
 * The server is asked for a sign of life after 30 s without one, so that a stream notices a machine that vanished; a lost
 * connection is tried again after 0.1 to 2 s (grpc-js: 1 to 120 s), because a server that restarts is back soon.
 */
export const CHANNEL_DEFAULTS: ChannelOptions = {
  "grpc.keepalive_time_ms": 30_000,
  "grpc.keepalive_timeout_ms": 10_000,
  "grpc.initial_reconnect_backoff_ms": 100,
  "grpc.max_reconnect_backoff_ms": 2_000,
};
