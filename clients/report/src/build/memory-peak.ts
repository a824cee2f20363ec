import { readFileSync } from "node:fs";

/** Bytes of this process's anonymous memory, which no file backs; null where the system does not report it. */
function anonymousBytes(): number | null {
  try {
    const kib = /^RssAnon:\s+(\d+) kB$/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1];
    return kib === undefined ? null : Number(kib) * 1024;
  } catch {
    return null;
  }
}

/**
 * The most anonymous memory that this process uses beyond what it had when this was made. Mapped files do not count: the
 * system can reclaim their pages.
 */
export class MemoryPeak {
  readonly #before = anonymousBytes();
  #peak = 0;

  /** Reads the memory again. */
  sample(): void {
    const now = anonymousBytes();
    if (now !== null && this.#before !== null) this.#peak = Math.max(this.#peak, now - this.#before);
  }

  /** Bytes; null where the system does not report it. */
  get bytes(): number | null {
    return this.#before === null ? null : this.#peak;
  }
}
