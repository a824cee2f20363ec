import { readFileSync } from "node:fs";

/** Bytes of this process's memory that no file stands behind; null where the system does not tell. */
function anonymousBytes(): number | null {
  try {
    const kib = /^RssAnon:\s+(\d+) kB$/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1];
    return kib === undefined ? null : Number(kib) * 1024;
  } catch {
    return null;
  }
}

/** The most memory that this process takes beyond what it had. Mapped files do not count: the system can take them back. */
export class MemoryPeak {
  readonly #before = anonymousBytes();
  #most = 0;

  /** Looks again. */
  sample(): void {
    const now = anonymousBytes();
    if (now !== null && this.#before !== null) this.#most = Math.max(this.#most, now - this.#before);
  }

  /** Bytes, or null where the system does not tell. */
  get bytes(): number | null {
    return this.#before === null ? null : this.#most;
  }
}
