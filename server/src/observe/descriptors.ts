/** How often the open descriptors are counted, in milliseconds. */
const INTERVAL_MS = 1000;

export interface DescriptorParts {
  /** Most descriptors that the process may have open; Infinity if that is not known. */
  readonly limit: number;
  /** Descriptors that connections leave for everything else; a quarter of the limit, if that is less. */
  readonly reserved: number;
  /** Counts those that are open. Rejects if none is left to do so. */
  readonly count: () => Promise<number>;
}

/**
 * How many file descriptors the process may still open, so that connections can be refused before there are none: the system then gives no
 * connection to the server, and no file either.
 */
export class Descriptors {
  readonly #most: number;
  readonly #parts: DescriptorParts;
  readonly #timer: NodeJS.Timeout | undefined;
  #used = 0;
  /** Connections that were accepted, less those that were closed, since the descriptors were counted. */
  #since = 0;

  constructor(parts: DescriptorParts) {
    const { limit, reserved } = parts;
    this.#parts = parts;
    this.#most = limit - Math.min(reserved, limit / 4);
    if (Number.isFinite(limit)) {
      void this.#count();
      this.#timer = setInterval(() => void this.#count(), INTERVAL_MS).unref();
    }
  }

  /** Whether another connection leaves enough for everything else. */
  get hasRoom(): boolean {
    return this.#used + this.#since < this.#most;
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
    this.#used = await this.#parts.count().catch(() => this.#parts.limit);
    this.#since = 0;
  }
}
