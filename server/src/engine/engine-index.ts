import type { Index } from "@maxsimd/native";

/** An index that is open in this process: mapped once, searched by every worker thread. */
export class EngineIndex {
  readonly #native: Index;
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

  /** @param onClose makes the worker threads release it, before the mapping itself is closed. */
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

  /** Closes the index; it is unmapped when the last worker has released it. */
  close(): void {
    this.#onClose(this);
    this.#native.close();
  }
}
