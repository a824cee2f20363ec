import { ErrorCode } from "@maxsimd/proto";
import { FIXED } from "../config/limits.js";
import { fromNative } from "../errors/from-native.js";
import { ServiceError } from "../errors/service-error.js";
import type { EngineIndex, Query, WhyNot } from "./query.js";
import { nonFinite } from "./task.js";

/** The search in question. */
export type LostSearch = Pick<Query, "data" | "dtype" | "params" | "field">;

/** Taken for the time of the first one, in milliseconds. */
const FIRST_GUESS_MS = 100;

/**
 * Asks why a search lost a document. The answer takes as long as several searches and cannot be stopped. It is computed on
 * libuv's pool of threads, so that the workers go on with searches; few run at once.
 */
export class WhyNotRunner {
  readonly #most: number;
  #running = 0;
  #lastMs = FIRST_GUESS_MS;

  /** @param workers threads that search. With more at once than these, the processor would be shared by too many. */
  constructor(workers: number) {
    this.#most = Math.min(workers, FIXED.whyNots);
  }

  /** Throws OVERLOADED if as many are running as may; rejects with the ServiceError that the search would end with. */
  async ask(index: EngineIndex, search: LostSearch, id: string): Promise<WhyNot> {
    if (this.#running >= this.#most) {
      throw new ServiceError(ErrorCode.OVERLOADED, "the server looks for other lost documents; try again later", {
        expected: `at most ${this.#most} at once`,
        got: `${this.#running} before this one`,
        retryAfterMs: Math.max(1, Math.ceil(this.#lastMs)),
      });
    }
    this.#running++;
    const started = performance.now();
    try {
      return await index.whyNot(search, id);
    } catch (thrown) {
      const error = fromNative(thrown);
      throw error.code === ErrorCode.NON_FINITE ? nonFinite(search.field) : error;
    } finally {
      this.#running--;
      this.#lastMs = performance.now() - started;
    }
  }
}
