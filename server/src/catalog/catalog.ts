import { ErrorCode, VersionState } from "@maxsimd/proto";
import { ServiceError } from "../errors/service-error.js";
import type { CatalogSource } from "./catalog-source.js";
import { type Lease, type Opened, VersionHandle } from "./version-handle.js";

/** Opens, verifies and warms the index file at a path. */
export type Opener<I extends Opened> = (path: string) => Promise<I>;

/** One index: its current version, all loaded versions, and retired versions that requests still use. */
interface Entry<I extends Opened> {
  readonly name: string;
  current: VersionHandle<I> | undefined;
  readonly loaded: Map<string, VersionHandle<I>>;
  readonly retiring: Set<VersionHandle<I>>;
  /** The pointer that could not be followed last, so that it is tried and reported once; empty if the pointer could not be read. */
  unfollowed: string | undefined;
}

/** What a swap did. */
export interface Swapped<I extends Opened> {
  readonly current: VersionHandle<I>;
  readonly previous: VersionHandle<I> | undefined;
}

/**
 * Names → versions → open indexes. A swap opens the new version while the old one serves, and then changes one pointer. So a
 * request is answered by either the old or the new version. If opening fails, the old version goes on serving.
 */
export class Catalog<I extends Opened> {
  readonly #source: CatalogSource;
  readonly #open: Opener<I>;
  readonly #entries = new Map<string, Entry<I>>();
  /** Changes of one index wait for each other; those of different indexes do not. */
  readonly #changes = new Map<string, Promise<unknown>>();
  #onChange: () => void = () => undefined;

  constructor(source: CatalogSource, open: Opener<I>) {
    this.#source = source;
    this.#open = open;
  }

  /** Called after every change of what is served. */
  set onChange(listener: () => void) {
    this.#onChange = listener;
  }

  /** Whether any index answers requests: it has a current version, which is in service. */
  get isServing(): boolean {
    return [...this.#entries.values()].some((entry) => entry.current?.opened.inService);
  }

  /** Whether each index answers requests that name no version. */
  serving(): ReadonlyMap<string, boolean> {
    return new Map([...this.#entries].map(([name, { current }]) => [name, current?.opened.inService === true]));
  }

  /** To be called when a version went out of service or came back. */
  serviceChanged(): void {
    this.#onChange();
  }

  /** A reference on the version that answers. Throws UNKNOWN_INDEX or UNKNOWN_VERSION. */
  acquire(index: string, version: string): Lease<I> {
    const entry = index === "" ? this.#onlyEntry() : this.#entries.get(index);
    if (entry === undefined) {
      throw this.#unknownIndex(index);
    }
    const handle = version === "" ? entry.current : entry.loaded.get(version);
    if (handle === undefined) {
      throw new ServiceError(
        ErrorCode.UNKNOWN_VERSION,
        version === "" ? "no version of this index is current" : "this version is not loaded",
        { field: "index.version", expected: [...entry.loaded.keys()].join(", "), got: version },
      );
    }
    return handle.acquire();
  }

  /** Every served index with its versions, retired ones that requests still use included. */
  list(): { index: string; versions: VersionHandle<I>[] }[] {
    return [...this.#entries.values()].map((entry) => ({
      index: entry.name,
      versions: [...entry.loaded.values(), ...entry.retiring],
    }));
  }

  /** Opens a version without making it current. Does nothing if it is loaded and in service. */
  load(index: string, version: string): Promise<VersionHandle<I>> {
    return this.#exclusively(index, async () => {
      const handle = await this.#loadVersion(index, version);
      this.#onChange();
      return handle;
    });
  }

  /** Makes a version current, after opening it if it is not loaded. The version before closes with its last request. */
  swap(index: string, version: string): Promise<Swapped<I>> {
    return this.#exclusively(index, async () => {
      const next = await this.#loadVersion(index, version);
      await this.#source.setCurrent(index, version);
      return this.#makeCurrent(index, next);
    });
  }

  /**
   * Changes an index in its folder, and then serves the version that is stored as current there. Changes of one index wait for each
   * other. If `work` fails, the served version stays.
   */
  change<T>(index: string, work: (folder: string) => Promise<T>): Promise<{ result: T; swapped: Swapped<I> }> {
    return this.#exclusively(index, async () => {
      const result = await work(await this.#source.folder(index));
      return { result, swapped: await this.#follow(index) };
    });
  }

  /** Serves the version that is stored as current in an index's folder. */
  follow(index: string): Promise<Swapped<I>> {
    return this.#exclusively(index, () => this.#follow(index));
  }

  /**
   * Serves, of each index that has a current version, the version that is stored as current, where that is another one: a process
   * beside this one has changed it. What cannot be served leaves the index as it is, until what is stored changes again.
   */
  async followCurrents(
    onFollowed: (index: string, swapped: Swapped<I>) => void,
    onFailure: (index: string, version: string, error: unknown) => void,
  ): Promise<void> {
    const follow = async (index: string): Promise<void> => {
      const entry = this.#entries.get(index);
      let stored: string | undefined = "";
      try {
        stored = await this.#source.current(index);
        if (entry?.current === undefined || stored === entry.unfollowed || stored === undefined) {
          return;
        }
        if (stored !== entry.current.label) {
          onFollowed(index, this.#makeCurrent(index, await this.#loadVersion(index, stored)));
        }
        entry.unfollowed = undefined;
      } catch (error) {
        if (entry !== undefined && entry.unfollowed !== stored) {
          entry.unfollowed = stored;
          onFailure(index, stored ?? "", error);
        }
      }
    };
    await Promise.all([...this.#entries.keys()].map((index) => this.#exclusively(index, () => follow(index))));
  }

  /** The folder of an index whose documents can be changed. Throws UNKNOWN_INDEX or INVALID_PARAMETER. */
  folder(index: string): Promise<string> {
    return this.#source.folder(index);
  }

  async #follow(index: string): Promise<Swapped<I>> {
    const version = await this.#source.current(index);
    if (version === undefined) {
      const message = "no version of this index is current in the catalog";
      throw new ServiceError(ErrorCode.UNKNOWN_VERSION, message, { field: "index", got: index });
    }
    return this.#makeCurrent(index, await this.#loadVersion(index, version));
  }

  #makeCurrent(index: string, next: VersionHandle<I>): Swapped<I> {
    const entry = this.#entries.get(index) as Entry<I>;
    const previous = entry.current;
    // Synchronous, so no request sees an intermediate state.
    next.state = VersionState.CURRENT;
    entry.current = next;
    if (previous !== undefined && previous !== next) {
      this.#retire(entry, previous);
    }
    this.#onChange();
    return { current: next, previous };
  }

  /** Takes a version that is not current, or with an empty version the whole index, out of service. */
  unload(index: string, version: string): Promise<void> {
    return this.#exclusively(index, () => {
      const entry = this.#entries.get(index);
      if (entry === undefined) {
        throw this.#unknownIndex(index);
      }
      if (version === "") {
        this.#entries.delete(index);
        for (const handle of entry.loaded.values()) {
          this.#retire(entry, handle);
        }
      } else {
        this.#unloadVersion(entry, version);
      }
      this.#onChange();
      return Promise.resolve();
    });
  }

  /**
   * Opens what the source says is current. One index that does not open leaves the others served.
   * @param onFailure is called with each that failed.
   */
  async openCurrents(onFailure: (index: string, version: string, error: unknown) => void): Promise<void> {
    for (const { index, version } of await this.#source.currents()) {
      try {
        const handle = await this.#loadVersion(index, version);
        handle.state = VersionState.CURRENT;
        (this.#entries.get(index) as Entry<I>).current = handle;
      } catch (error) {
        onFailure(index, version, error);
      }
    }
    this.#onChange();
  }

  /** Takes everything out of service; each version closes with its last request. */
  close(): void {
    for (const entry of this.#entries.values()) {
      for (const handle of entry.loaded.values()) {
        this.#retire(entry, handle);
      }
    }
    this.#entries.clear();
  }

  #onlyEntry(): Entry<I> | undefined {
    const [only, ...more] = this.#entries.values();
    return more.length === 0 ? only : undefined;
  }

  #unknownIndex(index: string): ServiceError {
    const message = index === "" ? "name an index: not exactly one is served" : "no index of this name is served";
    return new ServiceError(ErrorCode.UNKNOWN_INDEX, message, {
      field: "index.index",
      expected: [...this.#entries.keys()].join(", "),
      got: index,
    });
  }

  /** The version, opened if it is not loaded, or out of service: its file may have been restored since. */
  async #loadVersion(index: string, version: string): Promise<VersionHandle<I>> {
    const present = this.#entries.get(index)?.loaded.get(version);
    if (present?.opened.inService) {
      return present;
    }
    const opened = await this.#open(await this.#source.locate(index, version));
    const entry = this.#entries.get(index) ?? {
      name: index,
      current: undefined,
      loaded: new Map(),
      retiring: new Set(),
      unfollowed: undefined,
    };
    this.#entries.set(index, entry);
    const handle = new VersionHandle(index, version, opened, (closed) => entry.retiring.delete(closed));
    if (present !== undefined) {
      this.#retire(entry, present);
    }
    if (present !== undefined && present === entry.current) {
      handle.state = VersionState.CURRENT;
      entry.current = handle;
    }
    entry.loaded.set(version, handle);
    return handle;
  }

  #unloadVersion(entry: Entry<I>, version: string): void {
    const handle = entry.loaded.get(version);
    if (handle === undefined) {
      throw new ServiceError(ErrorCode.UNKNOWN_VERSION, "this version is not loaded", {
        field: "version",
        expected: [...entry.loaded.keys()].join(", "),
        got: version,
      });
    }
    if (handle === entry.current) {
      const message = "this version is current; swap to another first, or unload the whole index";
      throw new ServiceError(ErrorCode.VERSION_IN_USE, message, { field: "version", got: version });
    }
    this.#retire(entry, handle);
  }

  #retire(entry: Entry<I>, handle: VersionHandle<I>): void {
    entry.loaded.delete(handle.label);
    entry.retiring.add(handle);
    handle.retire();
  }

  #exclusively<T>(index: string, change: () => Promise<T>): Promise<T> {
    const before = this.#changes.get(index) ?? Promise.resolve();
    const mine = before.then(change, change);
    this.#changes.set(index, mine);
    const forget = (): void => {
      if (this.#changes.get(index) === mine) {
        this.#changes.delete(index);
      }
    };
    mine.then(forget, forget);
    return mine;
  }
}
