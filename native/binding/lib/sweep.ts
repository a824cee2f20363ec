import { addon } from "./addon.js";

/**
 * A verification of an open index in small steps, each on one thread, at whatever speed its caller likes. It keeps the index mapped until it
 * is closed.
 */
export class Sweep {
  readonly #id: number;

  /** Of the files that were last verified more than `ageMs` ago, or not since they were opened. Throws CLOSED. */
  constructor(indexId: number, ageMs: number) {
    this.#id = addon.beginSweep(indexId, ageMs);
  }

  /**
   * Verifies at most `most` bytes more. Resolves to their number, which is 0 when all are verified. Rejects with INDEX_CORRUPT if bytes are
   * wrong, after which the index answers nothing any more; INDEX_CHANGED if a file was written to.
   */
  step(most: number): Promise<number> {
    return addon.stepSweep(this.#id, most);
  }

  close(): void {
    addon.endSweep(this.#id);
  }
}
