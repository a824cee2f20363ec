/** Reads the caller's queries one after another while there is room for them. */
export class QuerySource<Query> {
  readonly #iterator: AsyncIterator<Query> | Iterator<Query>;
  #reading = false;
  #done = false;

  constructor(queries: AsyncIterable<Query> | Iterable<Query>) {
    this.#iterator = Symbol.asyncIterator in queries ? queries[Symbol.asyncIterator]() : queries[Symbol.iterator]();
  }

  /** Whether every query was taken. */
  get done(): boolean {
    return this.#done;
  }

  /**
   * Takes queries until `hasRoom` says no or the source ends. At most one read is on its way at any time, and only while
   * there is room. @throws what the source throws
   */
  async read(hasRoom: () => boolean, accept: (query: Query) => void): Promise<void> {
    if (this.#reading) return;
    this.#reading = true;
    try {
      while (!this.#done && hasRoom()) {
        const step = await this.#iterator.next();
        if (step.done) this.#done = true;
        else if (!this.#done) accept(step.value);
      }
    } finally {
      this.#reading = false;
    }
  }

  /** Tells the source that no more is taken. Not awaited: a generator that waits for its next query may never answer. */
  close(): void {
    if (this.#done) return;
    this.#done = true;
    try {
      Promise.resolve(this.#iterator.return?.()).catch(() => undefined);
    } catch {
      // A source that fails while it is given up has nothing to tell anybody.
    }
  }
}
