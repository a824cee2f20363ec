import { addon } from "./addon.js";
import { MaxsimError } from "./errors.js";

/** Identifies one piece of work in this process; always greater than 0. Any thread can pass it to {@link cancel}. */
export function createCancelToken(): number {
  return addon.createCancelFlag();
}

/** Stops the work with this token. An unknown token is ignored, because its work has ended. */
export function cancel(token: number): void {
  addon.raiseCancelFlag(token);
}

/** Deletes the token. To be called when its work has ended. */
export function releaseCancelToken(token: number): void {
  addon.releaseCancelFlag(token);
}

/** Runs `work` with a token that `signal` cancels. */
export async function withSignal<T>(signal: AbortSignal | undefined, work: (token: number) => Promise<T>): Promise<T> {
  if (signal === undefined) return work(0);
  if (signal.aborted) throw new MaxsimError({ code: "CANCELLED", message: "cancelled before it began" });
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
