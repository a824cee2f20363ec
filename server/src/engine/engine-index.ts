import type { Index } from "@maxsimd/native";

/** Time a query is taken to need before one was measured, in microseconds. */
const FIRST_GUESS_MICROS = 1000;
/** Weight of the newest measurement. */
const SMOOTHING = 0.1;
/** Sets of parameters whose times are remembered; a client that varies them forever must not fill the memory. */
const MAX_REMEMBERED = 256;

/** An index that is open in this process: mapped once, searched by every worker thread. */
export class EngineIndex {
  readonly #native: Index;
  readonly #serviceMicros = new Map<string, number>();
  readonly #onClose: (index: EngineIndex) => void;

  readonly id: number;
  readonly dim: number;
  readonly documents: number;
  readonly tokens: number;
  readonly centroids: number;
  readonly pqSubspaces: number;
  /** Size of the file. */
  readonly bytes: number;
  readonly digest: string;

  /** @param onClose lets the worker threads go of it, before the mapping itself is closed. */
  constructor(native: Index, onClose: (index: EngineIndex) => void) {
    const { info } = native;
    this.#native = native;
    this.#onClose = onClose;
    this.id = native.id;
    this.dim = info.dim;
    this.documents = info.documents;
    this.tokens = info.tokens;
    this.centroids = info.centroids;
    this.pqSubspaces = info.pqSubspaces;
    this.bytes = info.bytes;
    this.digest = info.digest;
  }

  /** Time one query with these parameters takes a worker, in microseconds, smoothed. */
  serviceMicros(paramsKey: string): number {
    return this.#serviceMicros.get(paramsKey) ?? FIRST_GUESS_MICROS;
  }

  /** Takes in what a query just took. */
  observe(paramsKey: string, micros: number): void {
    const before = this.#serviceMicros.get(paramsKey);
    if (before === undefined && this.#serviceMicros.size >= MAX_REMEMBERED) {
      this.#serviceMicros.clear();
    }
    this.#serviceMicros.set(paramsKey, before === undefined ? micros : before + (micros - before) * SMOOTHING);
  }

  /** Closes the index; its mapping goes away when the last worker has let go. */
  close(): void {
    this.#onClose(this);
    this.#native.close();
  }
}
