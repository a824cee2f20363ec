/** Reads the caller's queries, one after another, while there is room for them. */
export class QuerySource<Query> {
  readonly #iterator: AsyncIterator<Query> | Iterator<Query>;
  #reading = false;
  /** Whether all queries were read, or the source was closed. */
  done = false;

  constructor(queries: AsyncIterable<Query> | Iterable<Query>) {
    this.#iterator = Symbol.asyncIterator in queries ? queries[Symbol.asyncIterator]() : queries[Symbol.iterator]();
  }

  /**
   * Reads queries until `hasRoom` returns false or the source ends. At most one read is pending at any time, and only while
   * there is room. @throws what the source throws
   */
  async read(hasRoom: () => boolean, accept: (query: Query) => void): Promise<void> {
    if (this.#reading) return;
    this.#reading = true;
    try {
      while (!this.done && hasRoom()) {
        const step = await this.#iterator.next();
        if (step.done) this.done = true;
        else if (!this.done) accept(step.value);
      }
    } finally {
      this.#reading = false;
    }
  }

  /** Ends the source. This is not awaited, because a generator that waits for its next query may never return. */
  close(): void {
    if (this.done) return;
    this.done = true;
    try {
      Promise.resolve(this.#iterator.return?.()).catch(() => undefined);
    } catch {
      // Nobody is interested in the failure of a source that is no longer read.
    }
  }
}
