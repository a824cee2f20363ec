import type { Outcome } from "../search/results.js";

/** A first-in, first-out queue with constant time per operation; an array's `shift` takes time linear in its length. */
export class Fifo<T> {
  #items: T[] = [];
  #head = 0;

  get length(): number {
    return this.#items.length - this.#head;
  }

  push(item: T): void {
    this.#items.push(item);
  }

  /** Inserts items in front of all others, in the given order. */
  unshift(items: readonly T[]): void {
    this.#items = [...items, ...this.#items.slice(this.#head)];
    this.#head = 0;
  }

  peek(): T | undefined {
    return this.#items[this.#head];
  }

  shift(): T | undefined {
    if (this.length === 0) return undefined;
    const item = this.#items[this.#head] as T;
    this.#head += 1;
    // Frees the removed part once it is more than half, so that an item is moved at most once on average.
    if (this.#head * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    return item;
  }

  clear(): void {
    this.#items = [];
    this.#head = 0;
  }
}

/**
 * Bytes of results that may wait for the consumer before the call is no longer read.
 *
 * This holds 256 answers of 1,000 documents with ids of 8 characters, so a consumer that pauses does not stop the reading unless the answers are huge.
 * Stopping it matters, because a server ends a stream that takes nothing for 30 s.
 */
export const READ_AHEAD_BYTES = 4 * 1024 * 1024;

/** Of a position and a score. */
const BYTES_PER_HIT = 8;

/** Outcomes that wait for the consumer, and their size. */
export class Backlog<Id> extends Fifo<Outcome<Id>> {
  #bytes = 0;
  /** Sizes of the outcomes, in their order. */
  readonly #sizes = new Fifo<number>();

  /** Whether so much waits for the consumer that reading should pause. */
  get crowded(): boolean {
    return this.#bytes > READ_AHEAD_BYTES;
  }

  override push(outcome: Outcome<Id>): void {
    super.push(outcome);
    const bytes = bytesOf(outcome);
    this.#sizes.push(bytes);
    this.#bytes += bytes;
  }

  override shift(): Outcome<Id> | undefined {
    const outcome = super.shift();
    if (outcome !== undefined) this.#bytes -= this.#sizes.shift() ?? 0;
    return outcome;
  }

  override clear(): void {
    super.clear();
    this.#sizes.clear();
    this.#bytes = 0;
  }
}

function bytesOf(outcome: Outcome<unknown>): number {
  if (outcome.error !== undefined) return 0;
  const named = outcome.ids.reduce((sum, id) => sum + id.length, 0);
  return outcome.docIds.length * BYTES_PER_HIT + named + storedBytes(outcome.fields);
}

/** About as many bytes as values of JSON take: 8 each, and the texts. */
function storedBytes(value: unknown): number {
  if (typeof value === "string") return 8 + value.length;
  if (typeof value !== "object" || value === null) return 8;
  if (Array.isArray(value)) return value.reduce((sum, each) => sum + storedBytes(each), 8);
  return Object.entries(value).reduce((sum, [name, each]) => sum + name.length + storedBytes(each), 8);
}
