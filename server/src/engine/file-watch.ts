import { Sweep } from "@maxsimd/native";
import type { Limits } from "../config/limits.js";
import type { IndexKeeper } from "./index-keeper.js";

/** How files are watched. */
export type FileLimits = Pick<Limits, "fileCheckMs" | "fileHoldMs" | "verifyEveryMs" | "verifyBytesPerSecond">;

/** Bytes verified without a pause: about 1 ms on one core. */
const STEP_BYTES = 1 << 20;
/** Longest time between two looks for files that are due, in milliseconds. */
const DUE_MS = 60_000;

/**
 * Watches the files of all open versions: looks often whether they were written to, and reads every byte of them now and then, slowly, and
 * compares it with its checksum.
 */
export class FileWatch {
  readonly #keepers = new Set<IndexKeeper>();
  readonly #limits: FileLimits;
  readonly #looks: NodeJS.Timeout | undefined;
  /** The pause before the background goes on. */
  #pause: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(limits: FileLimits) {
    this.#limits = limits;
    if (limits.fileCheckMs > 0) {
      this.#looks = setInterval(() => this.#lookAtAll(), limits.fileCheckMs);
      this.#looks.unref();
    }
    if (limits.verifyEveryMs > 0) {
      void this.#verifyForEver();
    }
  }

  add(keeper: IndexKeeper): void {
    this.#keepers.add(keeper);
  }

  forget(keeper: IndexKeeper): void {
    this.#keepers.delete(keeper);
  }

  close(): void {
    this.#closed = true;
    clearInterval(this.#looks);
    clearTimeout(this.#pause);
  }

  #lookAtAll(): void {
    for (const keeper of this.#keepers) {
      void keeper.look();
    }
  }

  async #verifyForEver(): Promise<void> {
    while (!this.#closed) {
      await this.#sleep(Math.min(this.#limits.verifyEveryMs, DUE_MS));
      for (const keeper of [...this.#keepers]) {
        await this.#sweep(keeper);
      }
    }
  }

  /** Verifies the files of a version that are due; one that several versions share is due once. */
  async #sweep(keeper: IndexKeeper): Promise<void> {
    const due = (): boolean => !this.#closed && this.#keepers.has(keeper) && keeper.inService;
    if (!due()) {
      return;
    }
    const sweep = new Sweep(keeper.indexId, this.#limits.verifyEveryMs);
    try {
      while (due()) {
        const read = await sweep.step(STEP_BYTES);
        if (read === 0) {
          break;
        }
        await this.#sleep((read / this.#limits.verifyBytesPerSecond) * 1000);
      }
    } catch (error) {
      keeper.failure(error);
    } finally {
      sweep.close();
    }
  }

  /** Waits without keeping the process alive. */
  #sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.#pause = setTimeout(resolve, ms);
      this.#pause.unref();
    });
  }
}
