import { addon } from "./addon.js";
import { MaxsimError } from "./errors.js";

/** A process-wide id, above 0, that any thread can cancel the work by which was given it. Release it when the work ends. */
export function createCancelToken(): number {
  return addon.createCancelFlag();
}

/** Stops the work that was given the token; a token that is no longer live is ignored. */
export function cancel(token: number): void {
  addon.raiseCancelFlag(token);
}

/** Forgets the token. */
export function releaseCancelToken(token: number): void {
  addon.releaseCancelFlag(token);
}

/** Runs `work` with a token that `signal` cancels. */
export async function withSignal<T>(signal: AbortSignal | undefined, work: (token: number) => Promise<T>): Promise<T> {
  if (signal === undefined) return work(0);
  if (signal.aborted) {
    const message = "cancelled before it began";
    throw new MaxsimError({ code: "CANCELLED", message, field: "", expected: "", got: "" });
  }
  const token = createCancelToken();
  const stop = () => cancel(token);
  signal.addEventListener("abort", stop, { once: true });
  try {
    return await work(token);
  } finally {
    signal.removeEventListener("abort", stop);
    releaseCancelToken(token);
  }
}
