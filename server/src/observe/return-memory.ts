import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

const MIB = 1024 * 1024;
/** How often it looks whether memory can be given back, in milliseconds. */
const INTERVAL_MS = 3000;
/** Memory above the least so far from which it is worth a pause of the event loop. */
const WORTH_BYTES = 32 * MIB;

export interface MemoryParts {
  /** Calls that are open. */
  readonly calls: () => number;
  /** Memory of the process that is not of files, in bytes; undefined where it is not known. */
  readonly used: () => number | undefined;
  /** Collects garbage. */
  readonly collect?: () => void;
  /** Gives free memory of the C library back. */
  readonly trim: () => void;
}

/**
 * Gives memory back to the system after many calls have ended. V8 collects garbage when more is allocated, and the C library keeps what was freed,
 * so a server that is idle after a burst would keep the memory of the burst: of 1,000 streams about 110 MiB.
 *
 * It looks every few seconds, and does something only if at least half of the calls have ended since it last did, and memory is more than 32 MiB
 * above the least so far. Collecting garbage then takes 50 to 100 ms.
 */
export class ReturnMemory {
  readonly #parts: Required<MemoryParts>;
  readonly #timer: NodeJS.Timeout;
  /** The least memory that was in use after it was given back, or at the start. */
  #least: number;
  /** The most calls since it was last given back. */
  #mostCalls = 0;

  constructor(parts: MemoryParts) {
    this.#parts = { collect: collector(), ...parts };
    this.#least = this.#parts.used() ?? Number.POSITIVE_INFINITY;
    this.#timer = setInterval(() => this.look(), INTERVAL_MS).unref();
  }

  close(): void {
    clearInterval(this.#timer);
  }

  /** Gives memory back if it is time. */
  look(): void {
    const { calls, used, collect, trim } = this.#parts;
    const open = calls();
    this.#mostCalls = Math.max(this.#mostCalls, open);
    const before = used();
    if (before === undefined || this.#mostCalls === 0 || open * 2 > this.#mostCalls) {
      return;
    }
    this.#least = Math.min(this.#least, before);
    if (before > this.#least + WORTH_BYTES) {
      collect();
      trim();
      this.#mostCalls = open;
    }
  }
}

/** What collects garbage. V8 offers it only in contexts that are made after this flag was set. */
function collector(): () => void {
  setFlagsFromString("--expose-gc");
  return runInNewContext("gc") as () => void;
}
