import { create } from "@bufbuild/protobuf";
import { type IndexVersion, IndexVersionSchema, VersionState } from "@maxsimd/proto";

/** What the catalog needs of an open index. The engine's index has more. */
export interface Opened {
  /** 64 hexadecimal digits. */
  readonly digest: string;
  readonly bytes: number;
  readonly documents: number;
  /** Whether its files are what they were when they were verified, so that it answers. */
  readonly inService: boolean;
  /** Releases the file. Called once, when no request uses it any more. */
  close(): void;
}

/** A reference that keeps a version open until it is released. A second release does nothing. */
export interface Lease<I extends Opened> {
  readonly version: IndexVersion;
  readonly opened: I;
  release(): void;
}

/** One opened version of an index, counted by reference: it closes once it has been retired and its last request has ended. */
export class VersionHandle<I extends Opened> {
  readonly label: string;
  readonly opened: I;
  /** How answers name this version. Made once and shared by all answers. */
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

  /** The catalog gives no more leases on it. Closes it at once, or when the last lease is released. */
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
