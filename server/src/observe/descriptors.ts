import { readFileSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { FIXED } from "../config/limits.js";

/** How often the open descriptors are counted, in milliseconds. */
const INTERVAL_MS = 1000;

/**
 * How many file descriptors the process may still open, so that connections can be refused before there are none: the system then gives no
 * connection to the server, and no file either. Known on Linux; elsewhere any number.
 */
export class Descriptors {
  readonly #limit: number;
  readonly #timer: NodeJS.Timeout | undefined;
  #used = 0;
  /** Connections that were accepted and closed since the descriptors were counted. */
  #since = 0;

  constructor(limit: number = readLimit()) {
    this.#limit = limit;
    if (Number.isFinite(limit)) {
      void this.#count();
      this.#timer = setInterval(() => void this.#count(), INTERVAL_MS).unref();
    }
  }

  /** Whether another connection leaves enough for everything else. */
  get hasRoom(): boolean {
    const reserved = Math.min(FIXED.reservedDescriptors, this.#limit / 4);
    return this.#used + this.#since < this.#limit - reserved;
  }

  opened(): void {
    this.#since++;
  }

  closed(): void {
    this.#since--;
  }

  close(): void {
    clearInterval(this.#timer);
  }

  async #count(): Promise<void> {
    try {
      const open = await readdir("/proc/self/fd");
      this.#used = open.length;
      this.#since = 0;
    } catch {
      // With no descriptor left to read the list, all are in use.
      this.#used = this.#limit;
      this.#since = 0;
    }
  }
}

/** The limit of the process; Infinity where the system has no such file. */
function readLimit(): number {
  try {
    const match = /^Max open files\s+(\d+)/m.exec(readFileSync("/proc/self/limits", "utf8"));
    return match === null ? Number.POSITIVE_INFINITY : Number(match[1]);
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}
