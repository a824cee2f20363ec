import type { IndexVersion } from "./results.js";

/** An index began to answer from another version. */
export interface VersionChange {
  readonly previous: IndexVersion;
  readonly current: IndexVersion;
}

/**
 * Notices from the answers themselves when an index changes its version.
 *
 * Answers overtake each other: one that was asked for before a swap may arrive after one from the new version. So each
 * request takes a ticket when it is sent, and an answer counts only if its ticket is newer than the last change: the server
 * moves to a version in one step, so what is asked for after the new version was seen cannot come from the one before.
 */
export class VersionWatch {
  readonly #current = new Map<string, { version: IndexVersion; since: number }>();
  readonly #notify: ((change: VersionChange) => void) | undefined;
  #tickets = 0;

  constructor(notify: ((change: VersionChange) => void) | undefined) {
    this.#notify = notify;
  }

  /** To be taken when a request that pins no version is sent. */
  ticket(): number {
    this.#tickets += 1;
    return this.#tickets;
  }

  /** To be called with the version that an answer names and the ticket of its request. */
  saw(version: IndexVersion, ticket: number): void {
    if (this.#notify === undefined || version.digest === "") return;
    const known = this.#current.get(version.index);
    if (known?.version.digest === version.digest && known.version.version === version.version) return;
    if (known !== undefined && ticket <= known.since) return;
    this.#current.set(version.index, { version, since: this.#tickets });
    const notify = this.#notify;
    // Later, so that what the callback throws is the caller's own and not the end of a stream.
    if (known !== undefined) queueMicrotask(() => notify({ previous: known.version, current: version }));
  }
}
