// Random changes of a collection, the same for the same seed.

import { random } from "../../../native/binding/testing/corpus.js";

/** A document that is to be added: some tokens, and fields that say which change wrote it. */
export interface NewDocument {
  readonly id: string;
  readonly tokens: number;
  readonly fields: { readonly n: number; readonly change: number };
}

export type Change =
  | { readonly kind: "upsert"; readonly documents: readonly NewDocument[]; readonly seed: number }
  | { readonly kind: "delete"; readonly ids: readonly string[] }
  /** Deletes the documents with `from` <= n < `to`. */
  | { readonly kind: "delete-range"; readonly from: number; readonly to: number }
  /** Without `wait`, the next changes are made meanwhile. */
  | { readonly kind: "compact"; readonly all: boolean; readonly wait: boolean }
  | { readonly kind: "remove-versions"; readonly keep: number; readonly built: boolean };

/** Values of a token vector; make-changes.mjs, which makes the vectors, has the same. */
export const DIM = 8;
/** Ids are drawn from so many, so that most documents replace another. */
const POOL = 3_000;
/** The field `n` is below this. */
export const MOST_N = 1_000;
const MOST_TOKENS = 4;
/** Documents of an upsert, and ids of a deletion. */
const BATCH = { least: 20, most: 400 };
/** Of 100 changes, those of each kind have the numbers below this that no kind before them has. */
const KINDS: readonly (readonly [Change["kind"], below: number])[] = [
  ["upsert", 62],
  ["delete", 74],
  ["delete-range", 82],
  ["compact", 91],
  ["remove-versions", 100],
];

export class Changes {
  readonly #random: () => number;
  #number = 0;
  #last: Change | undefined;

  constructor(seed: number) {
    this.#random = random(seed);
  }

  next(): Change {
    const number = this.#below(100);
    const [kind] = KINDS.find(([, below]) => number < below) as (typeof KINDS)[number];
    return this.#ofKind(kind);
  }

  #ofKind(kind: Change["kind"]): Change {
    switch (kind) {
      case "upsert":
        // Sometimes the same once more, as a caller does who got no answer.
        if (this.#last === undefined || this.#below(20) > 0) this.#last = this.upsert();
        return this.#last;
      case "delete":
        return { kind, ids: this.#ids() };
      case "delete-range": {
        const from = this.#below(MOST_N);
        return { kind, from, to: from + this.#below(50) };
      }
      case "compact":
        return { kind, all: this.#below(4) === 0, wait: this.#below(2) === 0 };
      case "remove-versions":
        return { kind, keep: this.#below(5), built: this.#below(2) === 0 };
    }
  }

  upsert(): Change {
    const change = this.#number++;
    const documents = this.#ids().map((id) => {
      return { id, tokens: this.#below(MOST_TOKENS + 1), fields: { n: this.#below(MOST_N), change } };
    });
    return { kind: "upsert", documents, seed: this.#below(2 ** 31) };
  }

  /** Different ids of the pool. */
  #ids(): string[] {
    const count = BATCH.least + this.#below(BATCH.most - BATCH.least + 1);
    const ids = new Set<string>();
    while (ids.size < count) ids.add(`d${this.#below(POOL)}`);
    return [...ids];
  }

  #below(limit: number): number {
    return Math.floor(this.#random() * limit);
  }
}
