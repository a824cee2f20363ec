/**
 * Retries of calls that may be repeated: searches and look-ups change nothing.
 *
 * gRPC's own retry policy (in its service config) is not used. It cannot read `retry_after_ms`, because it knows only its own
 * pushback trailer, and it starts attempts that cannot end before the deadline.
 */

import { setTimeout as sleep } from "node:timers/promises";
import { status as GrpcStatus } from "@grpc/grpc-js";
import { MaxsimRpcError } from "../errors/maxsim-rpc-error.js";
import { cancelledBy } from "./calls.js";

const FIRST_BACKOFF_MS = 50;
const MAX_BACKOFF_MS = 1_000;

export interface RetryPolicy {
  /** Number of attempts, the first included. */
  maxAttempts: number;
  /** Milliseconds since the epoch; no attempt starts later. */
  deadline: number;
  signal?: AbortSignal | undefined;
}

/** Whether a repeated call may succeed: the server was unreachable, at its capacity, or shutting down. */
export function isTransient(error: unknown): error is MaxsimRpcError {
  if (!(error instanceof MaxsimRpcError)) return false;
  return error.grpcStatus === GrpcStatus.UNAVAILABLE || error.code === "UNAVAILABLE";
}

/**
 * Milliseconds to wait after attempt number `attempt` (from 1): between half and all of 50 * 2^(attempt - 1), at most 1,000,
 * at random, and never less than the server asks for.
 */
export function backoff(attempt: number, error: MaxsimRpcError): number {
  const full = Math.min(MAX_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** (attempt - 1));
  return Math.max(full * (0.5 + Math.random() / 2), error.retryAfterMs ?? 0);
}

/** Resolves after `ms` milliseconds, or at once when the signal aborts; the caller then checks the signal. */
export function delay(ms: number, signal?: AbortSignal | undefined): Promise<void> {
  return sleep(ms, undefined, { signal }).catch(() => undefined);
}

/** Repeats `attempt` until it succeeds, fails with a lasting error, or the next attempt could not start before the deadline. */
export async function withRetries<T>(attempt: () => Promise<T>, policy: RetryPolicy): Promise<T> {
  for (let made = 1; ; made++) {
    if (policy.signal?.aborted) throw cancelledBy(policy.signal);
    try {
      return await attempt();
    } catch (error) {
      if (!isTransient(error) || made >= policy.maxAttempts) throw error;
      const wait = backoff(made, error);
      if (Date.now() + wait >= policy.deadline) throw error;
      await delay(wait, policy.signal);
    }
  }
}
