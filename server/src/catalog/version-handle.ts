import { create } from "@bufbuild/protobuf";
import { type IndexVersion, IndexVersionSchema, VersionState } from "@maxsimd/proto";

/** What the catalog knows of an index that was opened; the engine's index has more. */
export interface Opened {
  /** 64 hexadecimal digits. */
  readonly digest: string;
  readonly bytes: number;
  readonly documents: number;
  /** Lets go of the file. Called once, when no request uses it any more. */
  close(): void;
}

/** A reference that keeps a version open. Release it exactly once; further releases do nothing. */
export interface Lease<I extends Opened> {
  readonly version: IndexVersion;
  readonly opened: I;
  release(): void;
}

/** One opened version of an index, counted by reference: it closes when it has retired and its last request has ended. */
export class VersionHandle<I extends Opened> {
  readonly label: string;
  readonly opened: I;
  /** As answers name it; made once, shared by all of them. */
  readonly version: IndexVersion;
  state: VersionState = VersionState.LOADED;
  #leases = 0;
  readonly #onClosed: (handle: VersionHandle<I>) => void;

  constructor(index: string, label: string, opened: I, onClosed: (handle: VersionHandle<I>) => void) {
    this.label = label;
    this.opened = opened;
    this.version = create(IndexVersionSchema, { index, version: label, digest: opened.digest });
    this.#onClosed = onClosed;
  }

  /** Requests that hold this version now. */
  get leases(): number {
    return this.#leases;
  }

  acquire(): Lease<I> {
    this.#leases++;
    let held = true;
    return {
      version: this.version,
      opened: this.opened,
      release: () => {
        if (held) {
          held = false;
          this.#leases--;
          this.#closeIfDone();
        }
      },
    };
  }

  /** No new leases are given by the catalog from here on; closes at once, or with the last lease. */
  retire(): void {
    this.state = VersionState.RETIRING;
    this.#closeIfDone();
  }

  #closeIfDone(): void {
    if (this.state === VersionState.RETIRING && this.#leases === 0) {
      this.opened.close();
      this.#onClosed(this);
    }
  }
}
