import { cancel, createCancelToken, releaseCancelToken } from "@maxsimd/native";
import { ErrorCode } from "@maxsimd/proto";
import { FIXED } from "../config/limits.js";
import { fromNative } from "../errors/from-native.js";
import { ServiceError } from "../errors/service-error.js";
import { faultyElement } from "./faulty-element.js";
import type { EngineIndex, Query, WhyNot } from "./query.js";

/** The search in question. */
export type LostSearch = Pick<Query, "data" | "dtype" | "params" | "field">;

/** Taken for the time of the first one, in milliseconds. */
const FIRST_GUESS_MS = 100;

/**
 * Asks why a search lost a document. The answer takes as long as several searches. It is computed on libuv's pool of threads, so that the
 * workers go on with searches; few run at once, none longer than a limit, and none that nobody waits for.
 */
export class WhyNotRunner {
  readonly #most: number;
  readonly #mostMs: number;
  #running = 0;
  #lastMs = FIRST_GUESS_MS;

  /**
   * @param workers threads that search. With more at once than these, the processor would be shared by too many.
   * @param mostMs time that one may take, in milliseconds.
   */
  constructor(workers: number, mostMs: number) {
    this.#most = Math.min(workers, FIXED.whyNots);
    this.#mostMs = mostMs;
  }

  /**
   * Throws OVERLOADED if as many are running as may; rejects with the ServiceError that the search would end with, with LIMIT_EXCEEDED
   * when it takes too long, and with the signal's reason.
   */
  async ask(index: EngineIndex, search: LostSearch, id: string, signal: AbortSignal): Promise<WhyNot> {
    if (this.#running >= this.#most) {
      throw new ServiceError(ErrorCode.OVERLOADED, "the server looks for other lost documents; try again later", {
        expected: `at most ${this.#most} at once`,
        got: `${this.#running} before this one`,
        retryAfterMs: Math.max(1, Math.ceil(this.#lastMs)),
      });
    }
    this.#running++;
    const started = performance.now();
    const token = createCancelToken();
    const stop = AbortSignal.any([signal, AbortSignal.timeout(this.#mostMs)]);
    stop.addEventListener("abort", () => cancel(token), { once: true });
    try {
      signal.throwIfAborted();
      return await index.whyNot(search, id, token);
    } catch (thrown) {
      signal.throwIfAborted();
      if (stop.aborted) {
        throw tookTooLong(this.#mostMs);
      }
      const error = fromNative(thrown);
      throw error.code === ErrorCode.NON_FINITE ? faultyElement(search, index.dim) : error;
    } finally {
      releaseCancelToken(token);
      this.#running--;
      this.#lastMs = performance.now() - started;
    }
  }
}

function tookTooLong(mostMs: number): ServiceError {
  return new ServiceError(
    ErrorCode.LIMIT_EXCEEDED,
    "finding out where the document was lost took too long; send fewer rows",
    {
      field: "query",
      expected: `at most ${mostMs} ms (whyNotMs)`,
      got: "more",
    },
  );
}
