import type { ChannelOptions } from "@grpc/grpc-js";
import type { VersionChange } from "./search/version-watch.js";
import type { WireDtype } from "./tensor/token-matrix.js";

/** Certificates for a connection over TLS, in PEM. */
export interface TlsOptions {
  /** Roots to trust instead of the well-known ones. */
  ca?: Buffer | string | undefined;
  /** This client's own certificate, if the server asks for one; needs `key`. */
  cert?: Buffer | string | undefined;
  /** The private key of `cert`. */
  key?: Buffer | string | undefined;
  /** Name to expect in the server's certificate. Default: the host of the address. */
  serverName?: string | undefined;
}

/** How to reach a server. */
export interface ConnectionOptions {
  /** `true` or certificates turn TLS on. Default: plain text. */
  tls?: boolean | TlsOptions | undefined;
  /** Bearer token, or a function that returns one and is called before each attempt. */
  token?: string | (() => string | Promise<string>) | undefined;
  /** Whether a token may be sent in plain text to another machine. Default false. */
  allowPlaintextToken?: boolean | undefined;
  /** Default deadline of a call, retries included; milliseconds. Default 10,000, for admin calls 300,000. */
  timeoutMs?: number | undefined;
  /** Number of attempts of a call that may be repeated, the first included; 1 = no retry. Default 4. */
  maxAttempts?: number | undefined;
  /** Options of grpc-js; they override those of this package. */
  channelOptions?: ChannelOptions | undefined;
}

export interface ClientOptions extends ConnectionOptions {
  /** Default index of a call. Default: the server's only index. */
  index?: string | undefined;
  /** Element type in which binary32 vectors are sent. Default `"f16"`. */
  dtype?: WireDtype | undefined;
  /** Called when an answer names another version of an index than earlier answers. Calls that pin a version do not count. */
  onVersionChange?: ((change: VersionChange) => void) | undefined;
}

/** Options of every call. */
export interface CallOptions {
  /** Cancels the call, which then fails with CANCELLED. */
  signal?: AbortSignal | undefined;
  /** Deadline of the whole call, retries included; milliseconds. */
  timeoutMs?: number | undefined;
}

/** Options of searches: the index that answers, and the encoding of the query. */
export interface SearchCallOptions extends CallOptions {
  /** Name of a served index. Default: that of the client. */
  index?: string | undefined;
  /** Label of the version to pin. Default: the current version. */
  version?: string | undefined;
  dtype?: WireDtype | undefined;
}

/** Options of a stream. */
export interface StreamOptions extends SearchCallOptions {
  /** Maximum number of queries that were read from the source and whose outcome the caller has not taken. Default 256. */
  window?: number | undefined;
  /**
   * How long a stream that had answers tries to continue after it lost the server; milliseconds from the loss. Default 30,000;
   * 0 = never.
   */
  resumeForMs?: number | undefined;
}

/** A search takes milliseconds; an answer after ten seconds is of no use to an interactive caller. */
export const DEFAULT_TIMEOUT_MS = 10_000;

/** Loading verifies and warms a file of any size, at about 5 s per GB. */
export const DEFAULT_ADMIN_TIMEOUT_MS = 300_000;

/** With waits of 25 to 50, 50 to 100 and 100 to 200 ms between them: survives a moment of overload and does not hide an outage. */
export const DEFAULT_MAX_ATTEMPTS = 4;

/** 32 messages of 8 queries of 32 x 128 binary16 keep a server's workers busy during a round trip and take 2 MiB at most. */
export const DEFAULT_WINDOW = 256;

export const DEFAULT_RESUME_FOR_MS = 30_000;

/**
 * A ping after 30 s without traffic detects a machine that vanished. Reconnection is tried after 0.1 to 2 s (grpc-js: 1 to
 * 120 s), because a server that restarts is soon available again.
 */
export const CHANNEL_DEFAULTS: ChannelOptions = {
  "grpc.keepalive_time_ms": 30_000,
  "grpc.keepalive_timeout_ms": 10_000,
  "grpc.initial_reconnect_backoff_ms": 100,
  "grpc.max_reconnect_backoff_ms": 2_000,
};
