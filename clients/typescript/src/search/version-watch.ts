import type { IndexVersion } from "./results.js";

/** An index answers from another version than before. */
export interface VersionChange {
  readonly previous: IndexVersion;
  readonly current: IndexVersion;
}

/**
 * Detects from the answers when an index changes its version.
 *
 * Answers can overtake each other: an answer from before a swap may arrive after one from the new version. So each request takes
 * a ticket (a rising number) when it is sent. An answer counts only if its ticket is newer than the last change. This is
 * correct because the server switches in one step: a request that is sent after an answer from the new version arrived cannot be
 * answered by the old one.
 */
export class VersionWatch {
  readonly #current = new Map<string, { version: IndexVersion; since: number }>();
  readonly #notify: ((change: VersionChange) => void) | undefined;
  #tickets = 0;

  constructor(notify: ((change: VersionChange) => void) | undefined) {
    this.#notify = notify;
  }

  /** Returns a ticket for a request that pins no version, to be taken when it is sent. */
  ticket(): number {
    this.#tickets += 1;
    return this.#tickets;
  }

  /** Records the version that an answer names, with the ticket of its request. */
  saw(version: IndexVersion, ticket: number): void {
    if (this.#notify === undefined || version.digest === "") return;
    const known = this.#current.get(version.index);
    if (known?.version.digest === version.digest && known.version.version === version.version) return;
    if (known !== undefined && ticket <= known.since) return;
    this.#current.set(version.index, { version, since: this.#tickets });
    const notify = this.#notify;
    // In a microtask, so that an exception of the callback does not end a stream.
    if (known !== undefined) queueMicrotask(() => notify({ previous: known.version, current: version }));
  }
}
