/**
 * Retries of calls that may be repeated: searches and look-ups change nothing.
 *
 * This is a wrapper of our own and not the retryPolicy of gRPC's service config, because that policy cannot read
 * `retry_after_ms` (it knows only its own pushback trailer), and it starts an attempt that cannot end before the deadline.
 */

import { status as GrpcStatus } from "@grpc/grpc-js";
import { MaxsimRpcError } from "../errors/maxsim-rpc-error.js";
import { cancelledBy } from "./cancelled.js";
import { delay } from "./delay.js";

const FIRST_BACKOFF_MS = 50;
const MOST_BACKOFF_MS = 1_000;

export interface RetryPolicy {
  /** Attempts in all; 1 = no retry. */
  maxAttempts: number;
  /** Milliseconds since the epoch; no attempt starts after it. */
  deadline: number;
  signal?: AbortSignal | undefined;
}

/** Whether the same call may succeed when it is made again: the server was not there, at its capacity, or going away. */
export function isTransient(error: unknown): error is MaxsimRpcError {
  if (!(error instanceof MaxsimRpcError)) return false;
  return error.grpcStatus === GrpcStatus.UNAVAILABLE || error.code === "UNAVAILABLE";
}

/** Milliseconds to wait after attempt number `attempt` (from 1): grows twofold, half of it random, never less than asked. */
export function backoff(attempt: number, error: MaxsimRpcError): number {
  const grown = Math.min(MOST_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** (attempt - 1));
  const spread = grown * (0.5 + Math.random() / 2);
  return Math.max(spread, error.retryAfterMs ?? 0);
}

/** Makes attempts until one succeeds, fails for good, or the next could not start before the deadline. */
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
